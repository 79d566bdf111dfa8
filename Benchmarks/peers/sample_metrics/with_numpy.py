"""MMD and sliced W2 with NumPy: blocks through BLAS, sorted projections."""

from __future__ import annotations

import numpy as np

from sample_metrics.samples import directions, timed, timed_mmd
from shared.measure import Prepared

BLOCK = 500


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, m) squared distances through one matrix product."""
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * (a @ b.T)
    return np.maximum(squares, 0, out=squares)


def kernel_sum(a: np.ndarray, b: np.ndarray, bandwidth: float, five: bool) -> float:
    """The sum of kernel values over all pairs; five: the average over bandwidth times 1, 1/2 .. 1/16."""
    values = squared_distances(a, b)
    values *= -0.5 / bandwidth**2
    np.exp(values, out=values)
    if not five:
        return float(values.sum(dtype=np.float64))
    # Half the bandwidth is the fourth power of the kernel.
    total = values.sum(dtype=np.float64)
    for _ in range(4):
        np.multiply(values, values, out=values)
        np.multiply(values, values, out=values)
        total += values.sum(dtype=np.float64)
    return float(total / 5)


def pair_sum(points: np.ndarray, bandwidth: float, five: bool) -> float:
    """The sum over ordered pairs of different points: each block above the diagonal counts twice."""
    blocks = [points[start : start + BLOCK] for start in range(0, len(points), BLOCK)]
    total = -float(len(points))
    for index, block in enumerate(blocks):
        total += kernel_sum(block, block, bandwidth, five)
        total += 2 * sum(kernel_sum(block, other, bandwidth, five) for other in blocks[index + 1 :])
    return total


def mmd(first: np.ndarray, second: np.ndarray, bandwidth: float, five: bool) -> float:
    """The unbiased squared MMD (Gretton et al. 2012, lemma 6)."""
    n, m = len(first), len(second)
    within = pair_sum(first, bandwidth, five) / (n * (n - 1)) + pair_sum(second, bandwidth, five) / (m * (m - 1))
    starts = range(0, n, BLOCK)
    cross = sum(kernel_sum(first[i : i + BLOCK], second[j : j + BLOCK], bandwidth, five) for i in starts for j in starts)
    return within - 2 * cross / (n * m)


def sliced(first: np.ndarray, second: np.ndarray) -> float:
    """The root of the mean squared one-dimensional W2 over the directions."""
    slices = directions()
    a, b = np.sort(slices @ first.T, axis=1), np.sort(slices @ second.T, axis=1)
    return float(np.sqrt(np.mean((a - b) ** 2)))


def prepare(workload: str) -> Prepared:
    """A metric ready for `shared.measure`."""
    return timed(workload, sliced) if workload == "w2-sliced" else timed_mmd(workload, mmd)
