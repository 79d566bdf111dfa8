"""Coupling flows as torch modules, batch-major as PyTorch users write them."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from plain_torch.spline import spline_forward, spline_inverse
from shared.workloads import LOG_SCALE_LIMIT, FlowShape


class Conditioner(nn.Sequential):
    """ReLU network with two hidden layers and a zero last layer."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__(
            nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
        )
        nn.init.zeros_(self[4].weight)
        nn.init.zeros_(self[4].bias)


def log_scale(raw: Tensor) -> Tensor:
    """The clamped log-scale of an affine coupling."""
    return LOG_SCALE_LIMIT * torch.tanh(raw / LOG_SCALE_LIMIT)


class CouplingFlow(nn.Module):
    """W1 .. W4's flow: `log_density` of points and `to_data` of base samples."""

    def __init__(self, shape: FlowShape) -> None:
        super().__init__()
        self.shape = shape
        sizes = [shape.sizes(coupling) for coupling in range(shape.couplings)]
        self.conditioners = nn.ModuleList(Conditioner(inputs, shape.hidden, outputs) for inputs, _, outputs in sizes)
        if shape.components:
            self.logits = nn.Parameter(torch.zeros(shape.components))
            self.means = nn.Parameter(torch.randn(shape.components, shape.dimension))
            self.log_scales = nn.Parameter(torch.zeros(shape.components, shape.dimension))

    def _join(self, coupling: int, first: Tensor, moved: Tensor) -> Tensor:
        parts = [first, moved] if coupling % 2 == 0 else [moved, first]
        return torch.cat(parts, dim=1)

    def to_base(self, values: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Data to base through all couplings: the values and the log-determinant, (batch, D) and (batch)."""
        shape = self.shape
        log_det = torch.zeros(values.shape[0])
        for coupling in reversed(range(shape.couplings)):
            passed, changed = shape.parts(coupling)
            unchanged, old = values[:, passed], values[:, changed]
            inputs = unchanged if context is None else torch.cat([unchanged, context], dim=1)
            raw = self.conditioners[coupling](inputs)
            if shape.bins:
                moved, change = spline_forward(old, raw.unflatten(1, (old.shape[1], -1)), shape.bins)
            else:
                raw_scale, shift = raw.chunk(2, dim=1)
                scale = log_scale(raw_scale)
                moved, change = (old - shift) * torch.exp(-scale), -scale
            log_det = log_det + change.sum(1)
            values = self._join(coupling, unchanged, moved)
        return values, log_det

    def log_density(self, theta: Tensor, context: Tensor | None = None) -> Tensor:
        """log q(theta | context) of (batch, D) points."""
        values, log_det = self.to_base(theta / self.shape.scale, context)
        return self.base_log_density(values) + log_det - self.shape.dimension * math.log(self.shape.scale)

    def base_log_density(self, values: Tensor) -> Tensor:
        """Standard Gaussian or the mixture of diagonal Gaussians."""
        constant = -0.5 * self.shape.dimension * math.log(2 * math.pi)
        if not self.shape.components:
            return constant - 0.5 * (values * values).sum(1)
        scaled = (values[:, None] - self.means) * torch.exp(-self.log_scales)
        heights = torch.log_softmax(self.logits, 0) - self.log_scales.sum(1)
        return constant + torch.logsumexp(heights - 0.5 * (scaled * scaled).sum(2), dim=1)

    def to_data(self, values: Tensor) -> Tensor:
        """Base to data, (batch, D)."""
        for coupling in range(self.shape.couplings):
            passed, changed = self.shape.parts(coupling)
            unchanged, old = values[:, passed], values[:, changed]
            raw = self.conditioners[coupling](unchanged)
            if self.shape.bins:
                moved = spline_inverse(old, raw.unflatten(1, (old.shape[1], -1)), self.shape.bins)
            else:
                raw_scale, shift = raw.chunk(2, dim=1)
                moved = old * torch.exp(log_scale(raw_scale)) + shift
            values = self._join(coupling, unchanged, moved)
        return values * self.shape.scale
