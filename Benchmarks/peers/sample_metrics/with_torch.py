"""MMD and sliced W2 with PyTorch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from sample_metrics.samples import directions, timed, timed_mmd
from shared.measure import Prepared

BLOCK = 500


def kernel_sum(a: Tensor, b: Tensor, bandwidth: float, five: bool) -> float:
    """The sum of kernel values over all pairs; five: the average over bandwidth times 1, 1/2 .. 1/16."""
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * (a @ b.T)
    values = squares.clamp_min_(0).mul_(-0.5 / bandwidth**2).exp_()
    total = values.sum().item()
    for _ in range(4 if five else 0):
        values = values.square_().square_()
        total += values.sum().item()
    return total / 5 if five else total


def pair_sum(points: Tensor, bandwidth: float, five: bool) -> float:
    """The sum over ordered pairs of different points: each block above the diagonal counts twice."""
    blocks = points.split(BLOCK)
    total = -float(len(points))
    for index, block in enumerate(blocks):
        total += kernel_sum(block, block, bandwidth, five)
        total += 2 * sum(kernel_sum(block, other, bandwidth, five) for other in blocks[index + 1 :])
    return total


@torch.inference_mode()
def mmd(first: np.ndarray, second: np.ndarray, bandwidth: float, five: bool) -> float:
    """The unbiased squared MMD (Gretton et al. 2012, lemma 6)."""
    a, b = torch.from_numpy(first), torch.from_numpy(second)
    n, m = len(a), len(b)
    within = pair_sum(a, bandwidth, five) / (n * (n - 1)) + pair_sum(b, bandwidth, five) / (m * (m - 1))
    cross = sum(kernel_sum(x, y, bandwidth, five) for x in a.split(BLOCK) for y in b.split(BLOCK))
    return within - 2 * cross / (n * m)


def sliced(first: np.ndarray, second: np.ndarray) -> float:
    """The root of the mean squared one-dimensional W2 over the directions."""
    slices = torch.from_numpy(directions())
    a = (slices @ torch.from_numpy(first).T).sort(dim=1).values
    b = (slices @ torch.from_numpy(second).T).sort(dim=1).values
    return (a - b).square().mean().sqrt().item()


def prepare(workload: str) -> Prepared:
    """A metric ready for `shared.measure`."""
    torch.set_num_threads(1)
    return timed(workload, sliced) if workload == "w2-sliced" else timed_mmd(workload, mmd)
