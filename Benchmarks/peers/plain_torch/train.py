"""W1 .. W4, eager: a loop over steps, and the loop that zuko and normflows share with it."""

from __future__ import annotations

from typing import Callable, Iterable

import torch
from torch import Tensor

from plain_torch.batches import weighted_loss
from plain_torch.flow import CouplingFlow
from shared.measure import Prepared
from shared.workloads import LEARNING_RATE, TRAINING

STEPS_PER_CALL = 25


def training_loop(parameters: Iterable[Tensor], loss: Callable[[], Tensor]) -> Prepared:
    """Repetitions of Adam steps on `loss`, which draws its own batch."""
    torch.set_num_threads(1)
    trainable = [parameter for parameter in parameters if parameter.requires_grad]
    optimiser = torch.optim.Adam(trainable, lr=LEARNING_RATE, fused=True)
    losses: list[float] = []

    def repeat() -> None:
        total = 0.0
        for _ in range(STEPS_PER_CALL):
            optimiser.zero_grad(set_to_none=True)
            value = loss()
            value.backward()
            optimiser.step()
            total += value.item()
        losses.append(total / STEPS_PER_CALL)

    return Prepared(
        repeat=repeat,
        amount=STEPS_PER_CALL,
        unit="stepsPerSecond",
        parameters=sum(parameter.numel() for parameter in trainable),
        evidence=lambda: {"steps": STEPS_PER_CALL * len(losses), "firstLoss": losses[0], "lastLoss": losses[-1]},
    )


def prepare(workload: str) -> Prepared:
    """A training workload ready for `shared.measure`."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    flow = CouplingFlow(TRAINING[workload])
    return training_loop(flow.parameters(), lambda: weighted_loss(flow.shape, flow.log_density))
