"""Independent values for the task tests: log evidence, entropy, log posterior at fixed points, saddle density.

Written from the formulas in docs/tasks.md with NumPy and SciPy only: mixtures as plain sums over components (not as the
products that the Swift code uses), integrals by Gauss-Legendre panels of numpy.polynomial, saddles by scipy.optimize.

    python3 Tests/Oracles/tasks.py > Tests/Oracles/tasks.json
"""

import itertools
import json
import sys

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp
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
        "logPosterior": (log_likelihood(points) - log_integral).tolist(),
        "logSeparatingDensity": saddle,
    }


def signed(task, dimension, centre, sd, half_width):
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
    return case(task, {"standardDeviation": sd}, half_width, dimension, ll, log_integral, float(entropy), means,
                float(-peak - log_integral))


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
]
json.dump({"cases": cases}, sys.stdout, indent=1)
print()
