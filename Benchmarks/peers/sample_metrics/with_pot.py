"""Exact and sliced W2 with POT (Python Optimal Transport)."""

from __future__ import annotations

import numpy as np
import ot

from sample_metrics.samples import directions, timed
from shared.measure import Prepared


def exact(first: np.ndarray, second: np.ndarray) -> float:
    """The root of POT's exact transport cost between equal weights."""
    costs = ot.dist(first.astype(np.float64), second.astype(np.float64), metric="sqeuclidean")
    return float(np.sqrt(ot.emd2([], [], costs, numItermax=10_000_000)))


def sliced(first: np.ndarray, second: np.ndarray) -> float:
    """POT's sliced distance along the same directions."""
    return float(ot.sliced_wasserstein_distance(first, second, projections=directions().T))


def prepare(workload: str) -> Prepared:
    """A metric ready for `shared.measure`."""
    return timed(workload, sliced if workload == "w2-sliced" else exact)
