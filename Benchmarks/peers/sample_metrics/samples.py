"""The two samples of W6, the same for every peer, and what shows that all of them computed the same number."""

from __future__ import annotations

from typing import Callable

import numpy as np
from scipy.spatial.distance import pdist

from shared.measure import Prepared
from shared.workloads import METRICS, PROJECTIONS

BANDWIDTH_POINTS = 2000
"""The bandwidth is the median distance of this many points of the first sample."""


def samples(workload: str) -> tuple[np.ndarray, np.ndarray]:
    """Standard normal points and slightly wider ones, so that no distance is nil; (n, 2), float32."""
    generator = np.random.default_rng(1)
    count = METRICS[workload]
    first = generator.standard_normal((count, 2)).astype(np.float32)
    return first, (1.2 * generator.standard_normal((count, 2))).astype(np.float32)


def directions() -> np.ndarray:
    """(PROJECTIONS, 2) unit vectors at angles pi (i + 1/2) / PROJECTIONS, float32."""
    angles = np.pi * (np.arange(PROJECTIONS) + 0.5) / PROJECTIONS
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def median_distance(points: np.ndarray) -> float:
    """The bandwidth: the median distance over all pairs of the first BANDWIDTH_POINTS points. Nobody's clock runs while
    it is found, ours neither: a sweep finds it once per task."""
    return float(np.median(pdist(points[:BANDWIDTH_POINTS])))


def timed_mmd(workload: str, mmd: Callable[[np.ndarray, np.ndarray, float, bool], float]) -> Prepared:
    """An MMD of the two samples with the median bandwidth; its last argument asks for five scales."""
    bandwidth = median_distance(samples(workload)[0])
    return timed(workload, lambda first, second: mmd(first, second, bandwidth, workload == "mmd-five-scale"))


def timed(workload: str, distance: Callable[[np.ndarray, np.ndarray], float]) -> Prepared:
    """`distance` of the two samples as a workload; its value is the evidence, and run.py compares the peers'."""
    first, second = samples(workload)
    values: list[float] = []

    def repeat() -> None:
        values.append(float(distance(first, second)))

    return Prepared(repeat, 1, "seconds", evidence=lambda: {"distance": values[-1]})
