"""W7: several runs one after the other, compiled once."""

from __future__ import annotations

from flowjax_peer.workloads import STEPS_PER_CALL, training
from shared.workloads import REALNVP


def losses(seeds: range, steps: int) -> list[float]:
    """The mean loss of the last call of every run."""
    train, initial_state = training(REALNVP)
    found = []
    for seed in seeds:
        state = initial_state(seed)
        chunk = None
        for _ in range(max(1, steps // STEPS_PER_CALL)):
            state, chunk = train(state)
        found.append(float(chunk.mean()))
    return found
