"""Independent values for the task tests: log evidence, entropy, log posterior at fixed points, saddle density.

Written from the formulas in docs/tasks.md with NumPy and SciPy only: mixtures as plain sums over components (not as the
products that the Swift code uses), integrals by Gauss-Legendre panels of numpy.polynomial, saddles by scipy.optimize.
`moments`, where given, are the posterior's means of theta_d and theta_d^2.

    python3 Tests/Oracles/tasks.py > Tests/Oracles/tasks.json
"""

import itertools
import json
import sys

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import logsumexp, ndtr
from scipy.stats import norm


def panels(lower, upper, count, order=20):
    t, w = np.polynomial.legendre.leggauss(order)
    edges = np.linspace(lower, upper, count + 1)
    middle, half = 0.5 * (edges[1:] + edges[:-1]), 0.5 * np.diff(edges)
    return (middle[:, None] + half[:, None] * t).ravel(), (half[:, None] * w).ravel()


def mixture(weights, means, sds):
    weights, means, sds = map(np.asarray, (weights, means, sds))

    def log_likelihood(theta):
        parts = np.log(weights) + norm.logpdf(theta[..., None, :], means, sds[:, None]).sum(-1)
        return logsumexp(parts, axis=-1)

    return log_likelihood


def mixture_log_mass(weights, means, sds, half_width):
    means, sds = np.asarray(means), np.asarray(sds)[:, None]
    inside = (norm.cdf((half_width - means) / sds) - norm.cdf((-half_width - means) / sds)).prod(-1)
    return float(np.log(np.dot(weights, inside)))


def entropy_2d(log_likelihood, half_width, count=120):
    """(log of the integral of L over the box, entropy of the normalised posterior) by a tensor rule."""
    x, w = panels(-half_width, half_width, count)
    total = first = 0.0
    for xi, wi in zip(x, w):
        logs = log_likelihood(np.stack([np.full_like(x, xi), x], axis=-1))
        values = np.exp(logs) * w * wi
        total += values.sum()
        first += (values * np.where(values > 0, logs, 0)).sum()
    return float(np.log(total)), float(np.log(total) - first / total)


def points_for(seed, half_width, dimension, centres):
    rng = np.random.default_rng(seed)
    uniform = rng.uniform(-half_width, half_width, (6, dimension))
    near = np.asarray(centres)[rng.integers(len(centres), size=6)] + rng.normal(0, 0.1, (6, dimension))
    return np.clip(np.round(np.concatenate([uniform, near]), 6), -half_width, half_width)


def case(task, parameters, half_width, dimension, log_likelihood, log_integral, entropy, centres, saddle):
    points = points_for(len(task), half_width, dimension, centres)
    return {
        "task": task, "parameters": parameters,
        "logEvidence": log_integral - dimension * np.log(2 * half_width),
        "entropy": entropy, "points": points.tolist(),
        "logPosterior": (log_likelihood(points) - log_integral).astype(float).tolist(),
        "logSeparatingDensity": saddle,
    }


def signed(task, dimension, centre, sd, half_width, extra=None):
    means = np.array(list(itertools.product((-centre, centre), repeat=dimension)))
    weights, sds = np.full(len(means), 1 / len(means)), np.full(len(means), sd)
    ll = mixture(weights, means, sds)
    log_integral = mixture_log_mass(weights, means, sds, half_width)
    # Entropy is additive: D times that of the truncated one-dimensional mixture.
    x, w = panels(-half_width, half_width, 200)
    f = 0.5 * (norm.pdf(x, centre, sd) + norm.pdf(x, -centre, sd))
    z = np.dot(w, f)
    entropy = dimension * -np.dot(w, np.where(f > 0, f / z * np.log(np.maximum(f, 1e-320) / z), 0))
    # Saddle: one coordinate at 0, the others maximise the mixture.
    peak = minimize_scalar(
        lambda t: -ll(np.array([[0] + [t] * (dimension - 1)]))[0], bounds=(centre - sd, centre + sd), method="bounded",
        options={"xatol": 1e-12}).fun
    result = case(task, {"standardDeviation": sd} | (extra or {}), half_width, dimension, ll, log_integral,
                  float(entropy), means, float(-peak - log_integral))
    if dimension > 3:
        result["moments"] = [[0.0, float(np.dot(w, f * x * x) / z)]] * dimension
    return result


def ring(modes, relative_width):
    angle = 2 * np.pi * np.arange(modes) / modes
    means = 2 * np.stack([np.sin(angle), np.cos(angle)], -1)
    weights, sds = np.full(modes, 1 / modes), np.full(modes, relative_width * 2 / 3 * np.sin(np.pi / modes))
    ll = mixture(weights, means, sds)
    log_integral = mixture_log_mass(weights, means, sds, 5)
    _, entropy = entropy_2d(ll, 5)
    direction = np.array([np.sin(np.pi / modes), np.cos(np.pi / modes)])
    radii = np.linspace(0, 4, 400001)
    saddle = ll(radii[:, None] * direction).max() - log_integral
    return case("ring", {"modes": modes, "relativeWidth": relative_width}, 5, 2, ll, log_integral, entropy, means,
                float(saddle))


def unequal(factor):
    means, weights = [[-2, -1], [2, -1], [0, 2]], [0.6, 0.3, 0.1]
    sds = np.array([0.35, 0.2, 0.5]) * factor
    ll = mixture(weights, means, sds)
    return case("unequal", {"relativeWidth": factor}, 4, 2, ll, mixture_log_mass(weights, means, sds, 4),
                entropy_2d(ll, 4)[1], means, None)


def moons(s, h):
    def ll(z):
        radius = np.hypot(z[..., 0], z[..., 1])
        terms = np.stack([-0.5 * ((z[..., 0] - 2) / h) ** 2, -0.5 * ((z[..., 0] + 2) / h) ** 2])
        return -0.5 * ((radius - 2) / s) ** 2 + logsumexp(terms, axis=0)

    log_integral, entropy = entropy_2d(ll, 3)
    y = np.linspace(0, 3, 600001)
    saddle = ll(np.stack([0 * y, y], -1)).max() - log_integral
    return case("two-moons", {"radialWidth": s, "horizontalWidth": h}, 3, 2, ll, log_integral, entropy,
                [[-2, 0], [2, 0]], float(saddle))


def rings(count, s):
    def radial(r):
        return logsumexp(np.stack([-0.5 * ((r - i) / s) ** 2 for i in range(1, count + 1)]), axis=0)

    def ll(z):
        return radial(np.hypot(z[..., 0], z[..., 1]))

    log_integral, entropy = entropy_2d(ll, count + 1, 240)
    saddle = max(radial(np.linspace(i, i + 1, 200001)).min() for i in range(1, count)) - log_integral
    return case("rings", {"rings": count, "standardDeviation": s}, count + 1, 2, ll, log_integral, entropy,
                [[i, 0] for i in range(1, count + 1)], float(saddle))


def quadratic(task, x, noise, half_width):
    dimension = len(x)

    def ll(theta):
        return norm.logpdf(np.asarray(x), theta ** 2, noise).sum(-1)

    log_integral = entropy = peaks = 0.0
    saddles = []
    for observed in x:
        # Graded panels are not needed: 4000 panels resolve every setting used here.
        t, w = panels(-half_width, half_width, 4000)
        logs = norm.logpdf(observed, t ** 2, noise)
        top = logs.max()
        z = np.dot(w, np.exp(logs - top))
        log_integral += np.log(z) + top
        entropy -= np.dot(w, np.exp(logs - top) / z * (logs - top - np.log(z)))
        peak = min(np.sqrt(max(observed, 0)), half_width)
        height = norm.logpdf(observed, peak ** 2, noise)
        peaks += height
        if peak > 0:
            saddles.append(norm.logpdf(observed, 0, noise) - height)
    saddle = float(peaks + max(saddles) - log_integral) if saddles else None
    centres = [[min(np.sqrt(max(v, 0)), half_width) for v in x]]
    return case(task, {"observation": list(x), "noise": noise, "halfWidth": half_width}, half_width, dimension, ll,
                float(log_integral), float(entropy), centres, saddle)


def gmm40():
    # torch.rand((40, 2)) after torch.manual_seed(0): the Mersenne Twister's low 24 bits, row by row.
    twister = np.random.MT19937()
    twister._legacy_seeding(0)
    u = (twister.random_raw(80) & 0xFFFFFF).astype(np.float32) / np.float32(2 ** 24)
    means = ((u - np.float32(0.5)) * np.float32(2) * np.float32(40)).reshape(40, 2)
    # Nine digits, as the task lists them.
    means = np.array([[float(f"{v:.9g}") for v in row] for row in means.tolist()])
    weights, sds = np.full(40, 1 / 40), np.full(40, np.log1p(np.e))
    ll = mixture(weights, means, sds)
    result = case("gmm40", {}, 50, 2, ll, mixture_log_mass(weights, means, sds, 50), entropy_2d(ll, 50, 60)[1], means,
                  None)
    maxima = []
    for mean in means:
        found = minimize(lambda t: -ll(t), mean, method="BFGS", options={"gtol": 1e-9}).x
        if all(np.hypot(*(found - other)) > 1e-2 for other in maxima):
            maxima.append(found)
    result["localMaxima"] = len(maxima)
    return result


def simulated_moons(x):
    """Integrals in (s, t) = (|theta1 + theta2|, theta2 - theta1)/sqrt 2, where the half plane's edge is a coordinate line."""
    offset = 0.25 - x[0]

    def ll(theta):
        u = x[0] + np.abs(theta[..., 0] + theta[..., 1]) / np.sqrt(2) - 0.25
        r = np.hypot(u, x[1] - (theta[..., 1] - theta[..., 0]) / np.sqrt(2))
        return np.where(u > 0, norm.logpdf(r, 0.1, 0.01) - np.log(np.pi * r), -np.inf)

    total = first = 0.0
    top = np.sqrt(2)
    s, ws = panels(max(0.0, offset), min(top, offset + 0.2), 400)
    for si, wi in zip(s, ws):
        low, high = max(x[1] - 0.2, si - top), min(x[1] + 0.2, top - si)
        if high <= low:
            continue
        t, wt = panels(low, high, 60)
        r = np.hypot(si - offset, x[1] - t)
        logs = norm.logpdf(r, 0.1, 0.01) - np.log(np.pi * r)
        total += wi * np.dot(wt, np.exp(logs))
        first += wi * np.dot(wt, np.exp(logs) * logs)
    # Both signs of theta1 + theta2.
    total, first = 2 * total, 2 * first
    centres = [[(sign * (offset + 0.099) - x[1]) / np.sqrt(2), (sign * (offset + 0.099) + x[1]) / np.sqrt(2)]
               for sign in (-1, 1)]
    log_integral = float(np.log(total))
    result = case("sbibm-two-moons", {"observation": list(x)}, 1, 2, ll, log_integral,
                  float(np.log(total) - first / total), centres, None)
    result["logPosterior"] = [value if np.isfinite(value) else None for value in result["logPosterior"]]
    return result


def slcp(x, smallest=0.1, count=24, least=-50):
    """(theta1, theta2) by a conditional decomposition, the rest on a tensor grid of log sd, log sd, theta5.

    |theta3| and |theta4| from `smallest` on, below which the likelihood of x vanishes, on `count` panels. Sigmas whose
    likelihood, maximised over an unlimited mean, is below e^least are left out: a mean far outside the box needs more."""
    points = np.asarray(x).reshape(4, 2)
    mean = points.mean(0)
    scatter = (points - mean).T @ (points - mean)

    def covariance(theta):
        s1, s2 = theta[..., 2] ** 2, theta[..., 3] ** 2
        return s1 ** 2 + 1e-6, s2 ** 2 + 1e-6, np.tanh(theta[..., 4]) * s1 * s2

    def ll(theta):
        # Extended precision: near theta3 = 0 the terms of the determinant and of the forms cancel.
        a, b, c = covariance(np.asarray(theta, dtype=np.longdouble))
        determinant = a * b - c * c
        total = -4 * np.log(2 * np.pi) - 2 * np.log(determinant)
        for point in points:
            dx, dy = point[0] - theta[..., 0], point[1] - theta[..., 1]
            total = total - 0.5 * (b * dx * dx - 2 * c * dx * dy + a * dy * dy) / determinant
        return total

    t, wt = panels(np.log(smallest), np.log(3), count, 9)
    third, w3 = np.exp(t), wt * np.exp(t)
    fifth, w5 = panels(-3, 3, 12, 12)
    z, wz = panels(-9, 9, 14, 12)
    sums = np.zeros(9)
    for t3, w in zip(third, w3):
        t4, t5 = np.meshgrid(third, fifth, indexing="ij")
        weight = w * w3[:, None] * w5
        theta = np.stack([0 * t4, 0 * t4, t3 + 0 * t4, t4, t5], -1)
        a, b, c = covariance(theta)
        determinant = a * b - c * c
        form = (b * scatter[0, 0] - 2 * c * scatter[0, 1] + a * scatter[1, 1]) / determinant
        logs = -4 * np.log(2 * np.pi) - 1.5 * np.log(determinant) - 0.5 * form + np.log(np.pi / 2)
        keep = logs > least
        if not keep.any():
            continue
        weight, t4, t5, a, b, c, determinant, form, logs = (
            v[keep] for v in (weight, t4, t5, a, b, c, determinant, form, logs))
        # theta1 = mean + sd1 z1 cut to the box; theta2 given theta1 in closed form. Nodes stretched over the cut range.
        sd1, r = np.sqrt(a) / 2, c / np.sqrt(a * b)
        sd2 = np.sqrt(determinant / a) / 2
        low, high = np.maximum((-3 - mean[0]) / sd1, -9), np.minimum((3 - mean[0]) / sd1, 9)
        low, high = np.minimum(low, 9), np.maximum(high, -9)
        z1 = 0.5 * (low + high)[:, None] + 0.5 * (high - low)[:, None] * (z / 9)
        w1 = 0.5 * (high - low)[:, None] * (wz / 9) * norm.pdf(z1)
        centre = mean[1] + (r * np.sqrt(b) / 2)[:, None] * z1
        l2, u2 = (-3 - centre) / sd2[:, None], (3 - centre) / sd2[:, None]
        m0 = ndtr(u2) - ndtr(l2)
        # Moments of the standard normal on (l2, u2).
        m1 = norm.pdf(l2) - norm.pdf(u2)
        m2 = m0 + l2 * norm.pdf(l2) - u2 * norm.pdf(u2)
        mass = (w1 * m0).sum(1)
        square = (w1 * (z1 * z1 * m0 + m2)).sum(1)
        x1 = mean[0] + sd1[:, None] * z1
        f = weight * np.exp(logs)
        # log L = const - 2 log|Sigma| - form/2 - 2 (quadratic form in sd units: 4 (xbar-m)'Sigma^-1(xbar-m) = z'z).
        loglik = -4 * np.log(2 * np.pi) - 2 * np.log(determinant) - 0.5 * form
        s = sd2[:, None]
        second = centre * centre * m0 + 2 * centre * s * m1 + s * s * m2
        values = [mass, loglik * mass - 0.5 * square, (w1 * x1 * m0).sum(1), (w1 * x1 * x1 * m0).sum(1),
                  (w1 * (centre * m0 + s * m1)).sum(1), (w1 * second).sum(1), mass * t3 ** 2, mass * t5, mass * t5 ** 2]
        sums += np.array([np.dot(f, v) for v in values])
    sums *= 4
    log_integral = float(np.log(sums[0]))
    m = sums / sums[0]
    best = [mean[0], mean[1], (scatter[0, 0] / 4) ** 0.25, (scatter[1, 1] / 4) ** 0.25, 0.5]
    result = case("slcp", {"observation": list(x)}, 3, 5, ll, log_integral, float(log_integral - m[1]), [best], None)
    result["moments"] = [[m[2], m[3]], [m[4], m[5]], [0.0, m[6]], [0.0, None], [m[7], m[8]]]
    return result


def gaussian_linear(x):
    x = np.asarray(x)
    dimension = len(x)
    points = points_for(15, 1, dimension, [x / 2])
    log_evidence = norm.logpdf(x, 0, np.sqrt(0.2)).sum()
    log_prior = norm.logpdf(points, 0, np.sqrt(0.1)).sum(-1)
    ll = norm.logpdf(x, points, np.sqrt(0.1)).sum(-1)
    given = [0.5, -0.25, 0, 0.75, -0.5, 0.25, -0.75, 0.1, -0.1, 0.3]
    return {
        "task": "gaussian-linear",
        "parameters": {"dimension": dimension, "observation": list(x) + given[dimension:]},
        "logEvidence": float(log_evidence), "entropy": float(dimension * norm.entropy(0, np.sqrt(0.05))),
        "points": points.tolist(), "logPosterior": (log_prior + ll - log_evidence).tolist(),
        "logSeparatingDensity": None, "moments": [[v / 2, v * v / 4 + 0.05] for v in x.tolist()],
    }


def two_scale(x):
    def ll(theta):
        parts = [np.log(0.5) + norm.logpdf(x, theta, sd).sum(-1) for sd in (1, 0.1)]
        return logsumexp(np.stack(parts), axis=0)

    log_integral, entropy = entropy_2d(ll, 10, 100)
    return case("two-scale", {"observation": list(x)}, 10, 2, ll, log_integral, entropy, [np.clip(x, -10, 10)], None)


cases = [
    signed("corners", 2, 2, 0.3, 4), signed("corners", 2, 2, 1.0, 4), signed("corners", 2, 2, 0.05, 4),
    signed("cube", 3, 1.5, 0.25, 3), signed("cube", 3, 1.5, 0.75, 3),
    ring(8, 1.0), ring(2, 1.0), ring(2, 2.0), ring(3, 2.0), ring(5, 0.5),
    unequal(1.0), unequal(1.5),
    moons(0.2, 0.3), moons(0.1, 0.2), moons(0.4, 0.6),
    rings(2, 0.125), rings(3, 0.25), rings(2, 0.05),
    quadratic("quadratic-2d", (4.0, 2.25), 0.3, 3.0), quadratic("quadratic-2d", (-0.5, 1.0), 0.3, 3.0),
    quadratic("quadratic-2d", (4.0, 0.01), 1.0, 1.5), quadratic("quadratic-2d", (-1.0, 0.0), 0.5, 2.0),
    quadratic("quadratic-3d", (4.0, 2.25, 3.0625), 0.3, 3.0), quadratic("quadratic-3d", (4.0, 2.25, 3.0625), 0.05, 3.0),
    gmm40(), signed("signs", 2, 1.5, 0.1, 3, {"dimension": 2}), signed("signs", 5, 1.5, 0.1, 3, {"dimension": 5}),
    signed("signs", 8, 1.5, 0.5, 3, {"dimension": 8}),
    simulated_moons((0.0, 0.0)), simulated_moons((0.3, 0.1)), simulated_moons((-0.7, 0.4)),
    slcp((0.663, -2.143, 0.162, -0.274, 1.97, -0.599, 1.123, -2.519)),
    slcp((0.054, -3.49, 1.243, -2.599, 2.275, -2.222, -1.199, -3.708)),
    # The mean far outside the box: in one coordinate; in both, with a scatter against and one along that direction.
    slcp((28, 20, 30, -25, 25, 10, 29, -14), 0.6, 48, -90), slcp((30, 0, 0, 30, 28, 2, 2, 28), 0.6, 48, -90),
    slcp((30, 30, 30, 30, 30, 30, -30, -30), 0.6, 48, -90),
    gaussian_linear((0.5, -0.25, 0, 0.75, -0.5, 0.25, -0.75, 0.1, -0.1, 0.3)), gaussian_linear((1.0, -2.0, 0.5)),
    two_scale((2.5, -4.0)), two_scale((9.5, -10.5)),
]
json.dump({"cases": cases}, sys.stdout, indent=1)
print()
