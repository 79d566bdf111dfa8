"""W1 .. W4 with torch.compile: drawing, weighting, loss and gradient are one compiled graph."""

from __future__ import annotations

import torch

from plain_torch.batches import weighted_loss
from plain_torch.flow import CouplingFlow
from plain_torch.train import training_loop
from shared.measure import Prepared
from shared.workloads import TRAINING


def prepare(workload: str) -> Prepared:
    """A training workload ready for `shared.measure`."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    flow = CouplingFlow(TRAINING[workload])
    compiled = torch.compile(lambda: weighted_loss(flow.shape, flow.log_density))
    return training_loop(flow.parameters(), compiled)
