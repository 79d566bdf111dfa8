"""log q(theta) of a flow that `flowexp export` wrote, with NumPy alone. docs/export.md holds the formulas.

    flowexp export a91f --output flow
    python3 docs/logprob_numpy.py flow points.csv              one log q per line, in nats
    python3 docs/logprob_numpy.py flow points.csv 1,0.5        an amortised run at x = (1, 0.5)

Double precision throughout, as `flowexp logprob` computes: the two agree to 1e-9.
"""

import json
import math
import statistics
import sys
import warnings

import numpy as np


def read_safetensors(path):
    """The tensors of a file by name: 8 bytes of length, a JSON header, then the numbers."""
    data = open(path, "rb").read()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data[start + t["data_offsets"][0] : start + t["data_offsets"][1]], "<f4")
        .reshape(t["shape"]).astype(np.float64)
        for name, t in header.items()
    }


def log_q(config, p, theta, x=None):
    """log q of each row of theta (n x D), at the observation(s) x where the run is amortised (C, or n x C)."""
    z = np.asarray(theta, np.float32).astype(np.float64)
    c = np.zeros((len(z), 0))
    if config["contextDimension"]:
        x = np.broadcast_to(np.asarray(config["observation"] if x is None else x, np.float32), (len(z), config["contextDimension"]))
        c, _ = inverse_elementwiseAffine(config["context"], p, x.astype(np.float64), c)
    log_det = np.zeros(len(z))
    for layer in reversed(config["layers"]):
        z, change = globals()["inverse_" + layer["kind"]](layer, p, z, c)
        log_det = log_det + change
    log_density = log_det + globals()["base_" + config["base"]["kind"].replace("-", "_")](config["base"], p, z, c)
    return restricted(config, np.asarray(theta, np.float64), x, log_density) if "box" in config else log_density


def restricted(config, theta, x, log_density):
    """The flow restricted to the prior's box: -inf outside, -log Q(box|x) inside, measured at the run's observation only."""
    box = config["box"]
    outside = ((theta < box["lower"]) | (theta > box["upper"])).any(axis=1)
    log_acceptance = math.log(box["acceptance"]) if box["acceptance"] >= box["leastAcceptance"] else math.nan
    if config["contextDimension"] and (x != np.asarray(config["observation"], np.float32)).any():
        warnings.warn("Q(box|x) is not known at another x than the run's: -log Q(box|x) is left out of log q")
        log_acceptance = 0.0
    return np.where(outside, -np.inf, log_density - log_acceptance)


def network(layer, p, h):
    """A perceptron with ReLU between its layers."""
    for i in range(layer["networkLayers"]):
        h = h @ p[f"{layer['network']}.{i}.weight"].T + p[f"{layer['network']}.{i}.bias"]
        if i + 1 < layer["networkLayers"]:
            h = np.maximum(h, 0)
    return h


# Layers, from data to base: the new values and log |det| of the step.


def inverse_affineCoupling(layer, p, z, c):
    b, limit = layer["transformed"], layer["logScaleLimit"]
    raw, shift = np.split(network(layer, p, np.hstack([z[:, layer["identity"]], c])), 2, axis=1)
    s = limit * np.tanh(raw / limit)
    z = z.copy()
    z[:, b] = (z[:, b] - shift) * np.exp(-s)
    return z, -s.sum(axis=1)


def inverse_elementwiseAffine(layer, p, z, c):
    log_scale = p[layer["name"] + ".logScale"]
    return (z - p[layer["name"] + ".shift"]) * np.exp(-log_scale), -log_scale.sum()


def inverse_rotation(layer, p, z, c):
    return z @ p[layer["matrix"]], 0.0


def inverse_contextShift(layer, p, z, c):
    return z - c @ p[layer["weight"]].T, 0.0


def inverse_triangularLinear(layer, p, z, c):
    get = lambda part: p[f"{layer['name']}.{part}"]
    d = z.shape[1]
    lower, upper = np.eye(d), np.diag(get("sign") * np.exp(get("logDiagonal")))
    lower[np.tril_indices(d, -1)], upper[np.triu_indices(d, 1)] = get("lower"), get("upper")
    w = (lower @ upper)[get("permutation").astype(int)]
    return np.linalg.solve(w, z.T).T, -get("logDiagonal").sum()


def inverse_box(layer, p, z, c):
    lower, upper = p[layer["name"] + ".lower"], p[layer["name"] + ".upper"]
    width = upper - lower
    outside = ((z < lower) | (z > upper)).any(axis=1)
    a, b = (np.maximum(e, 1e-7 * width) for e in (z - lower, upper - z))
    if layer["map"] == "logit":
        y, change = np.log(a / b), np.log(width / (a * b))
    else:
        normal = statistics.NormalDist()
        y = np.where(a <= b, 1, -1) * np.vectorize(normal.inv_cdf)(np.minimum(a, b) / width)
        change = 0.5 * y**2 + 0.5 * np.log(2 * np.pi) - np.log(width)
    return np.where(outside[:, None], 0, y), np.where(outside, -np.inf, change.sum(axis=1))


def inverse_splineCoupling(layer, p, z, c):
    k, bound, rows = layer["bins"], layer["tailBound"], range(len(z))
    raw = network(layer, p, np.hstack([z[:, layer["identity"]], c])).reshape(len(z), len(layer["transformed"]), 3 * k - 1)
    z, log_det = z.copy(), np.zeros(len(z))
    for j, d in enumerate(layer["transformed"]):
        widths, heights = (2 * bound * (1e-3 + (1 - 1e-3 * k) * softmax(r)) for r in (raw[:, j, :k], raw[:, j, k : 2 * k]))
        slopes = np.pad(1e-3 + np.logaddexp(0, raw[:, j, 2 * k :] + math.log(math.expm1(1 - 1e-3))), ((0, 0), (1, 1)), constant_values=1)
        left, bottom = (np.cumsum(e, axis=1) - e - bound for e in (widths, heights))
        inside = np.abs(z[:, d]) <= bound
        v = np.clip(z[:, d], -bound, bound)
        i = (v[:, None] >= left[:, 1:]).sum(axis=1)
        t = np.minimum((v - left[rows, i]) / widths[rows, i], 1)
        s, d0, d1 = heights[rows, i] / widths[rows, i], slopes[rows, i], slopes[rows, i + 1]
        denominator = s + (d0 + d1 - 2 * s) * t * (1 - t)
        value = bottom[rows, i] + heights[rows, i] * (s * t**2 + d0 * t * (1 - t)) / denominator
        slope = s**2 * (d1 * t**2 + 2 * s * t * (1 - t) + d0 * (1 - t) ** 2) / denominator**2
        z[:, d] = np.where(inside, value, z[:, d])
        log_det += np.where(inside, np.log(slope), 0)
    return z, log_det


# Bases: log density of each row of z.


def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def base_gaussian(base, p, z, c):
    return -0.5 * (z**2).sum(axis=1) - 0.5 * z.shape[1] * math.log(2 * math.pi)


def mixture(base, z, logits, means, log_scales, lower):
    """Component k whitens as A_k (z - mean_k): diagonal exp(-logScale), strictly lower entries `lower`, by rows."""
    k, d = base["components"], z.shape[1]
    weights = base["weightFloor"] + (1 - k * base["weightFloor"]) * softmax(logits)
    a = np.zeros((*log_scales.shape[:-1], d, d))
    a[..., range(d), range(d)] = np.exp(-log_scales)
    if base["full"]:
        a[(..., *np.tril_indices(d, -1))] = lower
    v = np.einsum("...kij,...kj->...ki", a, z[:, None, :] - means)
    terms = np.log(weights) - 0.5 * (v**2).sum(axis=-1) - log_scales.sum(axis=-1) - 0.5 * d * math.log(2 * math.pi)
    return np.logaddexp.reduce(terms, axis=-1)


def base_gmm(base, p, z, c):
    return mixture(base, z, p["base.logits"], p["base.means"], p["base.logScales"], p.get("base.lower"))


def base_conditional_gmm(base, p, z, c):
    k, d = base["components"], z.shape[1]
    logits, means, log_scales, lower = np.split(network(base, p, c), [k, k * (1 + d), k * (1 + 2 * d)], axis=1)
    parts = [part.reshape(len(z), k, -1) for part in (means, np.maximum(log_scales, base["smallestLogScale"]), lower)]
    return mixture(base, z, logits, *parts)


def base_student_t(base, p, z, c):
    m = np.exp(p[base["logExcessFreedom"]])
    lgamma = np.vectorize(math.lgamma)
    constant = lgamma((m + 3) / 2) - lgamma((m + 2) / 2) - 0.5 * np.log(math.pi * m)
    return (constant - (m + 3) / 2 * np.log1p(z**2 / m)).sum(axis=1)


def base_uniform(base, p, z, c):
    edge = np.logaddexp(0, (np.abs(z) - base["halfWidth"]) / base["temperature"])
    return -edge.sum(axis=1) - z.shape[1] * math.log(2 * base["halfWidth"])


def base_resampled(base, p, z, c):
    normalizer = p[base["normalizer"]][0]
    log_rest = (base["truncation"] - 1) * math.log1p(-normalizer)
    log_accepted = math.log(-math.expm1(log_rest) / normalizer) - np.logaddexp(0, -network(base, p, z)[:, 0])
    return base_gaussian(base, p, z, c) + np.logaddexp(log_accepted, log_rest)


if __name__ == "__main__":
    directory, points = sys.argv[1:3]
    config = json.load(open(directory + "/configuration.json"))
    parameters = read_safetensors(directory + "/parameters.safetensors")
    names = open(points).readline()
    theta = np.loadtxt(points, delimiter=",", ndmin=2, skiprows=1 if "theta" in names else 0)
    x = np.array([float(number) for number in sys.argv[3].split(",")]) if len(sys.argv) > 3 else None
    for value in log_q(config, parameters, theta[:, : config["dimension"]], x):
        print(repr(float(value)))
