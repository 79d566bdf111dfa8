"""Fresh training batches of W1 .. W4 for all peers that stand on PyTorch."""

from __future__ import annotations

from typing import Callable

import torch
from torch import Tensor

from shared.workloads import (
    BATCH,
    CONDITIONAL_HALF_WIDTH,
    CONDITIONAL_NOISE,
    CORNERS_CENTRE,
    CORNERS_HALF_WIDTH,
    CORNERS_SD,
    FlowShape,
)

LogDensity = Callable[[Tensor, Tensor | None], Tensor]


def corners_log_likelihood(theta: Tensor) -> Tensor:
    """log L of `corners` without its constant, which the normalisation of the weights removes."""
    spread = (theta.abs() - CORNERS_CENTRE) / CORNERS_SD
    overlap = torch.log1p(torch.exp(-2 * CORNERS_CENTRE / CORNERS_SD**2 * theta.abs()))
    return (overlap - 0.5 * spread * spread).sum(1)


def weighted_loss(shape: FlowShape, log_density: LogDensity) -> Tensor:
    """-sum w log q of one fresh batch."""
    if shape.context:
        theta = (2 * torch.rand(BATCH, shape.dimension) - 1) * CONDITIONAL_HALF_WIDTH
        observed = theta * theta + CONDITIONAL_NOISE * torch.randn(BATCH, shape.dimension)
        return -log_density(theta, observed / 3 - 1).mean()
    theta = (2 * torch.rand(BATCH, shape.dimension) - 1) * CORNERS_HALF_WIDTH
    weights = torch.softmax(corners_log_likelihood(theta), dim=0)
    return -(weights * log_density(theta, None)).sum()
