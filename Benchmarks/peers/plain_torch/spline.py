"""Monotone rational-quadratic splines with linear tails (Durkan et al. 2019, equations 4 to 8), (batch, count)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from shared.workloads import MINIMUM_BIN, MINIMUM_SLOPE, SPLINE_BOUND


def _knots(raw: Tensor, bins: int) -> tuple[Tensor, Tensor]:
    """Sizes of the bins and the bins + 1 knots, (batch, count, .)."""
    sizes = MINIMUM_BIN + (1 - MINIMUM_BIN * bins) * torch.softmax(raw, dim=2)
    knots = functional.pad(torch.cumsum(sizes, dim=2), (1, 0))
    return 2 * SPLINE_BOUND * sizes, 2 * SPLINE_BOUND * knots - SPLINE_BOUND


def _bin(raw: Tensor, inputs: Tensor, bins: int, by_height: bool) -> tuple[Tensor, ...]:
    """Width, left edge, height, bottom and slopes of the bin that holds each input."""
    widths, lefts = _knots(raw[..., :bins], bins)
    heights, bottoms = _knots(raw[..., bins : 2 * bins], bins)
    inner = MINIMUM_SLOPE + functional.softplus(raw[..., 2 * bins :])
    slopes = functional.pad(inner, (1, 1), value=1.0)
    edges = (bottoms if by_height else lefts)[..., 1:bins]
    index = (inputs[..., None] >= edges).sum(2, keepdim=True)
    tables = (widths, lefts, heights, bottoms, slopes[..., :-1], slopes[..., 1:])
    return tuple(table.gather(2, index).squeeze(2) for table in tables)


def spline_forward(inputs: Tensor, raw: Tensor, bins: int) -> tuple[Tensor, Tensor]:
    """Values and log-derivatives, (batch, count), from unnormalised parameters (batch, count, 3 bins - 1)."""
    inside = inputs.abs() < SPLINE_BOUND
    clamped = inputs.clamp(-SPLINE_BOUND, SPLINE_BOUND)
    width, left, height, bottom, slope0, slope1 = _bin(raw, clamped, bins, by_height=False)
    slope = height / width
    at = (clamped - left) / width
    rest = at * (1 - at)
    denominator = slope + (slope0 + slope1 - 2 * slope) * rest
    value = bottom + height * (slope * at * at + slope0 * rest) / denominator
    numerator = slope * slope * (slope1 * at * at + 2 * slope * rest + slope0 * (1 - at) ** 2)
    log_derivative = torch.log(numerator) - 2 * torch.log(denominator)
    return torch.where(inside, value, inputs), torch.where(inside, log_derivative, 0.0)


def spline_inverse(outputs: Tensor, raw: Tensor, bins: int) -> Tensor:
    """The inputs that `spline_forward` maps to `outputs`."""
    inside = outputs.abs() < SPLINE_BOUND
    clamped = outputs.clamp(-SPLINE_BOUND, SPLINE_BOUND)
    width, left, height, bottom, slope0, slope1 = _bin(raw, clamped, bins, by_height=True)
    slope = height / width
    above = clamped - bottom
    curvature = slope0 + slope1 - 2 * slope
    a = height * (slope - slope0) + above * curvature
    b = height * slope0 - above * curvature
    c = -slope * above
    root = 2 * c / (-b - torch.sqrt((b * b - 4 * a * c).clamp_min(0)))
    return torch.where(inside, left + root * width, outputs)
