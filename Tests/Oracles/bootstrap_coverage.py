"""Coverage of 95 % intervals of a mean, for docs/reports.md and the expectations of NullSimulationTests.

    python3 Tests/Oracles/bootstrap_coverage.py

An implementation of its own (NumPy, SciPy) with 2 000 resamples an interval. "widened" replaces 1.96 by
sqrt(n/(n-1)) t.975(n-1), Hesterberg (2015).
"""

import numpy as np
from scipy import stats

RESAMPLES = 2000
SAMPLES = 5000
rng = np.random.default_rng(1)


def ends(draws, tails):
    """Order statistics at a lower and an upper tail, counted from their own end."""
    ranks = [int(np.clip(np.floor(tail * (RESAMPLES + 1)), 1, RESAMPLES)) for tail in tails]
    return draws[ranks[0] - 1], draws[RESAMPLES - ranks[1]]


def intervals(x):
    n, mean = len(x), x.mean()
    draws = np.sort(x[rng.integers(0, n, (RESAMPLES, n))].mean(axis=1))
    left = (mean * n - x) / (n - 1)
    influence = left.mean() - left
    a = np.sum(influence**3) / (6 * np.sum(influence**2) ** 1.5)
    share = (np.sum(draws < mean) + 0.5 * np.sum(draws == mean)) / RESAMPLES
    z0 = stats.norm.ppf(np.clip(share, 1 / (RESAMPLES + 1), RESAMPLES / (RESAMPLES + 1)))

    def bca(z):
        lower = stats.norm.cdf(z0 + (z0 - z) / (1 - a * (z0 - z)))
        upper = stats.norm.sf(z0 + (z0 + z) / (1 - a * (z0 + z)))
        return ends(draws, (lower, upper))

    half = stats.t.isf(0.025, n - 1) * x.std(ddof=1) / np.sqrt(n)
    percentile = ends(draws, (0.025, 0.025))
    return {
        "t": (mean - half, mean + half),
        "percentile": percentile,
        "basic": (2 * mean - percentile[1], 2 * mean - percentile[0]),
        "BCa": bca(stats.norm.isf(0.025)),
        "BCa widened": bca(np.sqrt(n / (n - 1)) * stats.t.isf(0.025, n - 1)),
    }


for n in (5, 10, 20):
    for name, draw, truth in (
        ("normal", lambda: rng.normal(size=n), 0.0),
        ("exponential", lambda: rng.exponential(size=n), 1.0),
    ):
        covered = {}
        for _ in range(SAMPLES):
            for method, (lower, upper) in intervals(draw()).items():
                covered[method] = covered.get(method, 0) + (lower <= truth <= upper)
        print(n, name, {method: round(100 * count / SAMPLES, 1) for method, count in covered.items()})
