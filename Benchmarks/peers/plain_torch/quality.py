"""W8's literal method in PyTorch, eager or compiled."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from plain_torch.flow import CouplingFlow
from shared.start import Start, fit_start
from shared.targets import Target
from shared.workloads import BATCH, LEARNING_RATE, FlowShape


class FullMixture(nn.Module):
    """sum_k pi_k N(z; mean_k, (A_k^T A_k)^-1), A lower triangular with diagonal e^{-log_scale}."""

    def __init__(self, start: Start) -> None:
        super().__init__()
        tensor = lambda values: nn.Parameter(torch.tensor(np.asarray(values), dtype=torch.float32))
        self.logits, self.means = tensor(np.log(start.weights)), tensor(start.means)
        self.log_scales = tensor(-np.log(np.diagonal(start.whitening, axis1=1, axis2=2)))
        self.lower = tensor(np.tril(start.whitening, -1))

    def forward(self, values: Tensor) -> Tensor:
        """log density of (batch, D) points."""
        whitening = torch.tril(self.lower, -1) + torch.diag_embed(torch.exp(-self.log_scales))
        scaled = torch.einsum("kij,bkj->bki", whitening, values[:, None] - self.means)
        constant = 0.5 * values.shape[1] * math.log(2 * math.pi)
        heights = torch.log_softmax(self.logits, 0) - self.log_scales.sum(1) - constant
        return torch.logsumexp(heights - 0.5 * (scaled * scaled).sum(2), dim=1)


class Literal:
    """A literal run at some step."""

    def __init__(self, peer: str, posterior: Target, seed: int) -> None:
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        start = fit_start(posterior, np.random.default_rng(seed))
        self.start_evaluations = start.evaluations
        self._flow = CouplingFlow(FlowShape(posterior.dimension, couplings=8, hidden=64, scale=1.0))
        self._base = FullMixture(start)
        self._shift, self._scale = (torch.tensor(values, dtype=torch.float32) for values in (start.shift, start.scale))
        self._constant = float(np.log(start.scale).sum())
        parameters = [*self._flow.parameters(), *self._base.parameters()]
        self._optimiser = torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=True)

        def loss() -> Tensor:
            theta = (2 * torch.rand(BATCH, posterior.dimension) - 1) * posterior.half_width
            weights = torch.softmax(posterior.log_likelihood(torch, theta.unbind(1)), dim=0)
            return -(weights * self._log_q(theta)).sum()

        self._loss = torch.compile(loss) if peer == "torch-compile" else loss

    def _log_q(self, theta: Tensor) -> Tensor:
        values, log_det = self._flow.to_base((theta - self._shift) / self._scale)
        return self._base(values) + log_det - self._constant

    def compile(self, steps: int) -> None:
        """Compiles by a gradient that is thrown away."""
        self._loss().backward()

    def advance(self, steps: int) -> None:
        """That many steps."""
        for _ in range(steps):
            self._optimiser.zero_grad(set_to_none=True)
            self._loss().backward()
            self._optimiser.step()

    @torch.no_grad()
    def log_density(self, points: np.ndarray) -> np.ndarray:
        """log q of (n, D) points, in double precision."""
        chunks = torch.tensor(points, dtype=torch.float32).split(5000)
        return torch.cat([self._log_q(chunk) for chunk in chunks]).double().numpy()
