"""W1, W2, W4 and W5 with normflows. Its couplings take no context, so there is no W3."""

from __future__ import annotations

import math
import warnings

import normflows
import torch
from normflows.flows.neural_spline.coupling import PiecewiseRationalQuadraticCoupling
from torch import Tensor, nn

from plain_torch.batches import weighted_loss
from plain_torch.evaluate import evaluation
from plain_torch.train import training_loop
from shared.measure import Prepared
from shared.workloads import REALNVP, SPLINE_BOUND, TRAINING, FlowShape


class SplineCoupling(nn.Module):
    """normflows' rational-quadratic coupling with this benchmark's conditioner. Its modules call the direction data to
    base `forward`, flows call it `inverse`."""

    def __init__(self, shape: FlowShape, mask: Tensor) -> None:
        super().__init__()
        self.coupling = PiecewiseRationalQuadraticCoupling(
            mask,
            lambda inputs, outputs: _WithoutContext(inputs, shape.hidden, outputs),
            num_bins=shape.bins,
            tails="linear",
            tail_bound=SPLINE_BOUND,
        )

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        values, log_det = self.coupling.inverse(values)
        return values, log_det.view(-1)

    def inverse(self, values: Tensor) -> tuple[Tensor, Tensor]:
        values, log_det = self.coupling(values)
        return values, log_det.view(-1)


class _WithoutContext(normflows.nets.MLP):
    """The conditioner as the coupling calls it, with a context that is always None."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__([inputs, hidden, hidden, outputs], init_zeros=True)
        self.hidden_features = 1

    def forward(self, values: Tensor, context: None = None) -> Tensor:
        return super().forward(values)


def build(shape: FlowShape) -> normflows.NormalizingFlow:
    """The workload's flow from normflows' parts: affine couplings with swaps between them, or spline couplings."""
    layers: list[nn.Module] = []
    for coupling in range(shape.couplings):
        if shape.bins:
            layers.append(SplineCoupling(shape, (torch.arange(2) + coupling) % 2))
        else:
            inputs, _, outputs = shape.sizes(coupling)
            network = normflows.nets.MLP([inputs, shape.hidden, shape.hidden, outputs], init_zeros=True)
            layers += [normflows.flows.AffineCouplingBlock(network), normflows.flows.Permute(2, mode="swap")]
    base = normflows.distributions.DiagGaussian(2, trainable=False)
    if shape.components:
        base = normflows.distributions.GaussianMixture(shape.components, 2, trainable=True)
    return normflows.NormalizingFlow(base, layers).float()


def prepare(workload: str) -> Prepared:
    """A workload ready for `shared.measure`."""
    warnings.filterwarnings("ignore")
    torch.manual_seed(0)
    torch.set_num_threads(1)
    shape = TRAINING.get(workload, REALNVP)
    flow = build(shape)

    def log_density(theta: Tensor, context: Tensor | None = None) -> Tensor:
        return flow.log_prob(theta / shape.scale) - shape.dimension * math.log(shape.scale)

    if workload in TRAINING:
        return training_loop(flow.parameters(), lambda: weighted_loss(shape, log_density))
    draw = lambda count: flow.sample(count)[0] * shape.scale
    return evaluation(workload, draw, log_density, shape.parameter_count())
