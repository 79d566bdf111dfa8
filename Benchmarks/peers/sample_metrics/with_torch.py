"""MMD and sliced W2 with PyTorch."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor

from sample_metrics.samples import BANDWIDTH_POINTS, directions, timed
from shared.measure import Prepared

BLOCK = 1000


def kernel_sum(a: Tensor, b: Tensor, bandwidth: float, five: bool) -> float:
    """The sum of kernel values over all pairs; five: the average over bandwidth times 1, 1/2 .. 1/16."""
    total = 0.0
    for start in range(0, len(a), BLOCK):
        block = a[start : start + BLOCK]
        squares = (block * block).sum(1)[:, None] + (b * b).sum(1) - 2 * (block @ b.T)
        values = squares.clamp_min_(0).mul_(-0.5 / bandwidth**2).exp_()
        total += values.sum(dtype=torch.float64).item()
        for _ in range(4 if five else 0):
            values = values.square_().square_()
            total += values.sum(dtype=torch.float64).item()
    return total / 5 if five else total


def mmd(first: np.ndarray, second: np.ndarray, five: bool) -> float:
    """The unbiased squared MMD (Gretton et al. 2012, lemma 6)."""
    a, b = torch.from_numpy(first), torch.from_numpy(second)
    bandwidth = torch.pdist(a[:BANDWIDTH_POINTS]).median().item()
    n, m = len(a), len(b)
    within = (kernel_sum(a, a, bandwidth, five) - n) / (n * (n - 1))
    within += (kernel_sum(b, b, bandwidth, five) - m) / (m * (m - 1))
    return within - 2 * kernel_sum(a, b, bandwidth, five) / (n * m)


def sliced(first: np.ndarray, second: np.ndarray) -> float:
    """The root of the mean squared one-dimensional W2 over the directions."""
    slices = torch.from_numpy(directions())
    a = (slices @ torch.from_numpy(first).T).sort(dim=1).values
    b = (slices @ torch.from_numpy(second).T).sort(dim=1).values
    return (a - b).square().mean().sqrt().item()


def prepare(workload: str) -> Prepared:
    """A metric ready for `shared.measure`."""
    torch.set_num_threads(1)
    return timed(workload, sliced if workload == "w2-sliced" else partial(mmd, five=workload == "mmd-five"))
