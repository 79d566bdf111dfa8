"""Exact W2 with SciPy's assignment solver."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from sample_metrics.samples import timed
from shared.measure import Prepared


def exact(first: np.ndarray, second: np.ndarray) -> float:
    """The root of the least mean squared distance over all assignments."""
    costs = cdist(first, second, "sqeuclidean")
    rows, columns = linear_sum_assignment(costs)
    return float(np.sqrt(costs[rows, columns].mean()))


def prepare(workload: str) -> Prepared:
    """A metric ready for `shared.measure`."""
    return timed(workload, exact)
