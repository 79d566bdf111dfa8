"""W7: several runs one after the other, compiled once."""

from __future__ import annotations

from lean_jax.train import STEPS_PER_CALL, initial_state, train
from shared.workloads import REALNVP


def losses(seeds: range, steps: int, tile: int = 0) -> list[float]:
    """The mean loss of the last call of every run."""
    found = []
    for seed in seeds:
        state = initial_state(REALNVP, seed)
        chunk = None
        for _ in range(max(1, steps // STEPS_PER_CALL)):
            state, chunk = train(REALNVP, STEPS_PER_CALL, tile, state)
        found.append(float(chunk.mean()))
    return found
