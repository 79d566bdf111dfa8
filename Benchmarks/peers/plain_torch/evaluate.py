"""W5: samples and log densities of W1's flow, eager."""

from __future__ import annotations

import math
from typing import Callable

import torch
from torch import Tensor

from plain_torch.flow import CouplingFlow
from shared.measure import Prepared
from shared.workloads import EVALUATION_POINTS, REALNVP

CHUNK = 2000
"""Points that go through all layers at once; the best of 500 .. 25 000."""


def evaluation(
    workload: str, draw: Callable[[int], Tensor], log_density: Callable[[Tensor], Tensor], parameters: int,
    chunk: int = CHUNK,
) -> Prepared:
    """Repetitions of EVALUATION_POINTS points in chunks. `draw` and `log_density` take a chunk."""
    torch.set_num_threads(1)
    with torch.no_grad():
        points = torch.cat([draw(chunk) for _ in range(EVALUATION_POINTS // chunk)])

    @torch.no_grad()
    def repeat() -> None:
        for start in range(0, EVALUATION_POINTS, chunk):
            if workload == "sample":
                draw(chunk)
            else:
                log_density(points[start : start + chunk])

    @torch.no_grad()
    def evidence() -> dict:
        found = log_density(points[:chunk])
        expected = -0.125 * (points[:chunk] ** 2).sum(1) - math.log(2 * math.pi * 4)
        # Zero last layers make the flow theta = 2 z; peers that start elsewhere show finite numbers only.
        return {"finite": bool(found.isfinite().all()), "largestError": float((found - expected).abs().max())}

    return Prepared(repeat, EVALUATION_POINTS, "pointsPerSecond", parameters, evidence)


def prepare(workload: str) -> Prepared:
    """`sample` or `logprob` ready for `shared.measure`."""
    torch.manual_seed(1)
    flow = CouplingFlow(REALNVP)
    draw = lambda count: flow.to_data(torch.randn(count, REALNVP.dimension))
    return evaluation(workload, draw, flow.log_density, REALNVP.parameter_count())
