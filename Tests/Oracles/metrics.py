"""Independent values for Tests/MetricsTests: writes metrics.json next to this file.

    pip install numpy scipy pot && python Tests/Oracles/metrics.py

NumPy brute force (MMD, energy), scipy.optimize.linear_sum_assignment and POT's network simplex (exact transport, which
must agree), POT's sliced distance, scipy.stats.ks_2samp (one-sided statistics), midpoint grids (divergences of two
mixtures in 2D). Nothing here shares code with flowexp.
"""
import json
import pathlib

import numpy as np
import ot
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist, pdist
from scipy.stats import energy_distance, ks_2samp, multivariate_normal

generator = np.random.default_rng(20251123)


def mixture(n, d, shift=0.0):
    centre = generator.choice([-2.0, 2.0], size=(n, d))
    return np.round(centre + shift + 0.4 * generator.standard_normal((n, d)), 5)


def mmd2(a, b, bandwidths):
    def mean_kernel(squares):
        return np.mean([np.exp(-squares / (2 * h * h)) for h in bandwidths], axis=0)

    n, m = len(a), len(b)
    aa, bb, ab = (mean_kernel(cdist(x, y, "sqeuclidean")) for x, y in ((a, a), (b, b), (a, b)))
    return (aa.sum() - n) / (n * (n - 1)) + (bb.sum() - m) / (m * (m - 1)) - 2 * ab.mean()


def energy(a, b):
    n, m = len(a), len(b)
    return 2 * cdist(a, b).mean() - cdist(a, a).sum() / (n * (n - 1)) - cdist(b, b).sum() / (m * (m - 1))


def transport(a, b, power):
    cost = cdist(a, b) ** power
    rows, columns = linear_sum_assignment(cost)
    assignment = cost[rows, columns].mean()
    simplex = ot.emd2([], [], np.ascontiguousarray(cost))
    assert abs(assignment - simplex) < 1e-10 * max(1, assignment)
    return assignment ** (1 / power)


def sliced(a, b, projections=128):
    angles = np.pi * (np.arange(projections) + 0.5) / projections
    return float(ot.sliced_wasserstein_distance(a, b, projections=np.stack([np.cos(angles), np.sin(angles)])))


pairs = []
for name, a, b in [
    ("equal-2d", mixture(90, 2), mixture(90, 2, 0.3)),
    ("unequal-sizes-2d", mixture(70, 2), mixture(55, 2, -0.2)),
    ("equal-3d", mixture(60, 3), mixture(60, 3, 0.1)),
    ("unequal-sizes-5d", mixture(31, 5), mixture(43, 5)),
    ("1d", mixture(37, 1), mixture(37, 1, 0.5)),
]:
    median = float(np.median(pdist(a)))
    scales = [median * s for s in (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)]
    values = {
        "medianDistance": median,
        "mmd": mmd2(a, b, scales),
        "mmd-median": mmd2(a, b, [median]),
        "mmd-fixed-0.7": mmd2(a, b, [0.7 * s for s in (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)]),
        "energy": energy(a, b),
    }
    if len(a) == len(b):
        values["w1"] = transport(a, b, 1)
        values["w2"] = transport(a, b, 2)
    if a.shape[1] == 2:
        values["sliced-w2"] = sliced(a, b)
    if a.shape[1] == 1:
        # SciPy's is the root of the V-statistic: undo the root and rescale the within terms.
        n, m = len(a), len(b)
        v = energy_distance(a[:, 0], b[:, 0]) ** 2
        within_a, within_b = cdist(a, a).mean(), cdist(b, b).mean()
        u = v + within_a + within_b - within_a * n / (n - 1) - within_b * m / (m - 1)
        assert abs(u - values["energy"]) < 1e-12
    pairs.append({"name": name, "dimension": a.shape[1], "a": a.ravel().tolist(), "b": b.ravel().tolist(), "values": values})

# One-sided Kolmogorov–Smirnov statistics, with ties: D+ of upper over lower = sup F_upper − F_lower.
upper = np.round(generator.standard_normal(60), 1)
lower = np.round(generator.standard_normal(45) + 0.4, 1)
ks = {
    "upper": upper.tolist(),
    "lower": lower.tolist(),
    "greater": float(ks_2samp(upper, lower, alternative="greater").statistic),
    "less": float(ks_2samp(upper, lower, alternative="less").statistic),
}

# Two Gaussian mixtures in 2D, on a midpoint grid over (-7, 7)².
p_parts = [(0.6, [-1.5, 0.0], 0.5), (0.4, [1.5, 0.5], 0.7)]
q_parts = [(0.45, [-1.4, 0.1], 0.6), (0.45, [1.6, 0.4], 0.8), (0.1, [0.0, 0.2], 0.4)]


def density(parts, points):
    return sum(w * multivariate_normal(m, s * s).pdf(points) for w, m, s in parts)


side = 2800
axis = -7 + 14 * (np.arange(side) + 0.5) / side
area = (14 / side) ** 2
totals = dict.fromkeys(["p", "q", "kl", "reverse-kl", "js", "tv", "ess", "forward-ess"], 0.0)
for y in axis:
    points = np.stack([axis, np.full(side, y)], axis=1)
    p, q = density(p_parts, points), density(q_parts, points)
    middle = 0.5 * (p + q)
    with np.errstate(divide="ignore", invalid="ignore"):
        plogp = np.where(p > 0, p * np.log(p), 0)
        qlogq = np.where(q > 0, q * np.log(q), 0)
        logq, logp = np.log(np.maximum(q, 1e-300)), np.log(np.maximum(p, 1e-300))
        totals["kl"] += (plogp - p * logq).sum() * area
        totals["reverse-kl"] += (qlogq - q * logp).sum() * area
        totals["js"] += 0.5 * (plogp + qlogq - (p + q) * np.log(np.maximum(middle, 1e-300))).sum() * area
        totals["tv"] += 0.5 * np.abs(p - q).sum() * area
        totals["ess"] += np.where(q > 0, p * p / np.maximum(q, 1e-300), 0).sum() * area
    totals["p"] += p.sum() * area
    totals["q"] += q.sum() * area
assert abs(totals["p"] - 1) < 1e-8 and abs(totals["q"] - 1) < 1e-8
# E_q[w]² / E_q[w²] = 1 / E_p[p/q]: both effective sample sizes have the same limit.
totals["ess"] = totals["forward-ess"] = 1 / totals["ess"]
divergences = {
    "p": [[w, *m, s] for w, m, s in p_parts],
    "q": [[w, *m, s] for w, m, s in q_parts],
    "values": {k: v for k, v in totals.items() if k not in ("p", "q")},
}

target = pathlib.Path(__file__).with_name("metrics.json")
target.write_text(json.dumps({"pairs": pairs, "ks": ks, "divergences": divergences}, indent=None) + "\n")
print(target.name, target.stat().st_size, divergences["values"])
