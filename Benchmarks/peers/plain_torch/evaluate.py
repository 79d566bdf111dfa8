"""W5: samples and log densities of W1's flow, eager; and the chunked loop that the other PyTorch peers share."""

from __future__ import annotations

import math
from typing import Callable

import torch
from torch import Tensor

from plain_torch.flow import CouplingFlow
from shared.measure import Prepared
from shared.tune import fastest
from shared.workloads import EVALUATION_CHUNKS, EVALUATION_POINTS, REALNVP


def evaluation(
    workload: str,
    draw: Callable[[int], Tensor],
    log_density: Callable[[Tensor], Tensor],
    parameters: int,
    chunks: tuple[int, ...] = EVALUATION_CHUNKS,
) -> Prepared:
    """Repetitions of EVALUATION_POINTS points in the fastest of `chunks`; `draw` and `log_density` take one chunk."""
    torch.set_num_threads(1)

    @torch.inference_mode()
    def points(chunk: int) -> list[Tensor]:
        return [draw(chunk) for _ in range(EVALUATION_POINTS // chunk)]

    def make(chunk: int) -> Callable[[], None]:
        drawn = points(chunk)

        @torch.inference_mode()
        def repeat() -> None:
            for part in drawn:
                draw(chunk) if workload == "sample" else log_density(part)

        return repeat

    chunk, repeat = fastest(chunks, make)

    @torch.inference_mode()
    def evidence() -> dict:
        drawn = points(chunk)[0]
        found = log_density(drawn)
        # Zero last layers make the flow theta = 2 z; peers that start elsewhere show finite numbers only.
        expected = -0.125 * (drawn**2).sum(1) - math.log(2 * math.pi * 4)
        error = float((found - expected).abs().max())
        return {"chunk": chunk, "finite": bool(found.isfinite().all()), "largestError": error}

    return Prepared(repeat, EVALUATION_POINTS, "pointsPerSecond", parameters, evidence)


def prepare(workload: str) -> Prepared:
    """`sample` or `logprob` ready for `shared.measure`."""
    torch.manual_seed(1)
    flow = CouplingFlow(REALNVP)

    def draw(count: int) -> Tensor:
        return flow.to_data(torch.randn(count, REALNVP.dimension))

    return evaluation(workload, draw, flow.log_density, REALNVP.parameter_count())
