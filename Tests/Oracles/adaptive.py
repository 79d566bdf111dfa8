"""Independent values for Tests/TrainingTests/AdaptiveProposalTests.swift: rewrites adaptive.json next to this file.

    pip install numpy scipy && python Tests/Oracles/adaptive.py

Reads the draws of three rounds (the prior on a box, then twice 0.8 N(shift, scale²) + 0.2 prior, 20 draws each, those
outside the box not listed) from adaptive.json and computes their weights by the balance heuristic with SciPy's densities,
and β with brentq. Nothing here shares code with flowexp.
"""
import json
import pathlib

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm, uniform

target = pathlib.Path(__file__).with_name("adaptive.json")
cases = json.loads(target.read_text())["cases"]

share = 0.2
draws = 20  # in every round


def prior(x):
    return uniform(-3, 6).pdf(x).prod(axis=1)


def normal(shift, log_scale):
    return lambda x: norm(shift, np.exp(log_scale)).pdf(x).prod(axis=1)


def mixed(q):
    return lambda x: (1 - share) * q(x) + share * prior(x)


proposals = [prior, mixed(normal([0.5, -0.5], [0.25, 0.5])), mixed(normal([0.3, -0.8], [-0.5, 0.0]))]
likelihood = normal([0.4, -0.7], np.log([0.1, 0.15]))

for case in cases:
    x = np.array(case["points"])
    kept = proposals[-case["roundsKept"]:]
    mixture = np.mean([r(x) for r in kept], axis=0)  # equal numbers of draws

    def weights(beta):
        w = likelihood(x) ** beta * prior(x) / mixture
        return w / w.sum()

    def ess(beta):
        return 1 / np.sum(weights(beta) ** 2)

    goal = case["temperingTarget"] * draws
    beta = 1.0
    if case["temperingTarget"] > 0 and ess(1.0) < goal:
        grid = np.geomspace(1, 1e-6, 2000)
        k = next(k for k in range(len(grid)) if ess(grid[k]) >= goal)
        beta = brentq(lambda b: ess(b) - goal, grid[k], grid[k - 1], xtol=1e-14, rtol=1e-14)
    case["weights"] = weights(beta).tolist()
    case["inverseTemperature"] = beta
    case["effectiveSampleSize"] = ess(beta)
    case["posteriorEffectiveSampleSize"] = ess(1.0)

target.write_text(json.dumps({"cases": cases}, indent=1) + "\n")
