"""W5 with torch.compile, for one chunk: each further one would compile again, for minutes."""

from __future__ import annotations

import torch
from torch import Tensor

from plain_torch.evaluate import evaluation
from plain_torch.flow import CouplingFlow
from shared.measure import Prepared
from shared.workloads import REALNVP

CHUNK = 2000


def prepare(workload: str) -> Prepared:
    """`sample` or `logprob` ready for `shared.measure`."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    flow = CouplingFlow(REALNVP)

    @torch.compile
    def draw() -> Tensor:
        return flow.to_data(torch.randn(CHUNK, REALNVP.dimension))

    log_density = torch.compile(lambda points: flow.log_density(points))
    return evaluation(workload, lambda count: draw(), log_density, REALNVP.parameter_count(), (CHUNK,))
