"""Independent values for Tests/MetricsTests/RankStatisticsTests: writes conditional.json next to this file.

    pip install numpy scipy && python Tests/Oracles/conditional.py

scipy.stats.chisquare and chi2.sf (p values of rank histograms), NumPy brute force (distances of rank distributions from
uniform, level by level), 400 000 simulated sets of uniform ranks from NumPy's own generator (tails of the exact null
distribution, with their binomial standard errors). Nothing here shares code with flowexp.
"""
import json
import pathlib

import numpy as np
from scipy.stats import chi2, chisquare

generator = np.random.default_rng(20251130)
LEVELS = np.arange(1, 100) / 100


def empirical(ranks):
    return np.array([(ranks < k).mean() for k in range(1, 100)])


def describe(ranks):
    difference = empirical(ranks) - LEVELS
    bins = np.bincount(ranks // 5, minlength=20)
    test = chisquare(bins)
    per_pair = np.array([np.mean(np.where(difference < 0, -1.0, 1.0) * (r < np.arange(1, 100))) for r in ranks])
    return {
        "ranks": ranks.tolist(),
        "bins": bins.tolist(),
        "distance": float(np.abs(difference).max()),
        "meanDeviation": float(np.abs(difference).mean()),
        "meanDeviationError": float(per_pair.std(ddof=1) / np.sqrt(len(ranks))),
        "meanExcess": float(difference.mean()),
        "coverage50": float((ranks < 50).mean()),
        "chiSquare": float(test.statistic),
        "chiSquareTail": float(test.pvalue),
    }


def null(n, sets, probes):
    """Tails of the largest |empirical − nominal| and moments of both statistics over uniform rank sets."""
    largest, mean = [], []
    for _ in range(sets // 2000):
        ranks = generator.integers(0, 100, size=(2000, n))
        counts = np.stack([np.bincount(row, minlength=100) for row in ranks])
        difference = np.cumsum(counts, axis=1)[:, :99] / n - LEVELS
        largest.append(np.abs(difference).max(axis=1))
        mean.append(np.abs(difference).mean(axis=1))
    largest, mean = np.concatenate(largest), np.concatenate(mean)
    triples = largest[: len(largest) // 3 * 3].reshape(-1, 3).max(axis=1)
    return {
        "count": n,
        "sets": len(largest),
        "tails": [{"probe": probe, "p": float((largest >= describe(np.array(probe))["distance"] - 1e-12).mean())}
                  for probe in probes],
        "meanDeviation": [float(mean.mean()), float(mean.std(ddof=1))],
        "largestOfThree": [float(triples.mean()), float(triples.std(ddof=1))],
    }


def main():
    cases = [
        generator.integers(0, 100, size=1000),
        np.floor(100 * generator.beta(0.8, 0.8, size=300)).astype(int),
        np.floor(100 * generator.beta(1.3, 1.0, size=200)).astype(int),
        np.repeat([0, 99, 50], [4, 5, 6]),
    ]
    probes = [np.floor(100 * generator.beta(b, 1.0, size=200)).astype(int).tolist() for b in (1.0, 1.1, 1.25, 1.35)]
    tails = [[x, dof, float(chi2.sf(x, dof))] for dof in (1, 3, 19) for x in (0.01, 1.0, 7.5, 19.0, 43.0, 120.0)]
    result = {
        "cases": [describe(case) for case in cases],
        "null": null(200, 400_000, probes),
        "chiSquareTails": tails,
    }
    path = pathlib.Path(__file__).with_name("conditional.json")
    path.write_text(json.dumps(result) + "\n")
    print(path, {t["p"] for t in result["null"]["tails"]})


main()
