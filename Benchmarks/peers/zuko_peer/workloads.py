"""W1 .. W5 with zuko: its coupling transforms, its conditioners, its mixture."""

from __future__ import annotations

from functools import partial

import torch
import zuko
from torch import Tensor

from plain_torch.batches import weighted_loss
from plain_torch.evaluate import evaluation
from plain_torch.train import training_loop
from shared.measure import Prepared
from shared.workloads import REALNVP, SPLINE_BOUND, TRAINING, FlowShape


def build(shape: FlowShape) -> zuko.lazy.Flow:
    """zuko's RealNVP, with its rational-quadratic univariate where the shape has bins. The affine log-scale is softly
    clamped (zuko's own clamp), as in all workloads."""
    splines = {}
    if shape.bins:
        splines = {
            "univariate": partial(zuko.transforms.MonotonicRQSTransform, bound=SPLINE_BOUND),
            "shapes": ([shape.bins], [shape.bins], [shape.bins - 1]),
        }
    flow = zuko.flows.RealNVP(
        shape.dimension, shape.context, transforms=shape.couplings, hidden_features=[shape.hidden] * 2, **splines
    )
    if shape.components:
        flow.base = zuko.mixtures.GMM(shape.dimension, components=shape.components, covariance_type="diagonal")
    return flow


def prepare(workload: str, seed: int = 0) -> Prepared:
    """A workload ready for `shared.measure`."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    # Arguments are only checked in debugging; a fast user turns that off.
    torch.distributions.Distribution.set_default_validate_args(False)
    shape = TRAINING.get(workload, REALNVP)
    flow = build(shape)

    def log_density(theta: Tensor, context: Tensor | None = None) -> Tensor:
        constant = shape.dimension * torch.log(torch.tensor(shape.scale))
        return flow(context).log_prob(theta / shape.scale) - constant

    if workload in TRAINING:
        return training_loop(flow.parameters(), lambda: weighted_loss(shape, log_density))
    draw = lambda count: flow().sample((count,)) * shape.scale
    return evaluation(workload, draw, log_density, shape.parameter_count())
