"""W8 with a peer: the literal method until KL(p || q) <= .01; prints one line of JSON.

    python quality_peer.py PEER TASK [--seeds N] [--limit S]

The literal method: every step draws 1024 prior points, weights them by their likelihood, normalised over the batch, and
takes one Adam step of 1e-3 on -sum w log q. Flow: 8 affine couplings, conditioners 64 x 64, a full Gaussian mixture with
as many components as modes as base, started by EM. Every 100 steps, outside the clock, KL(p || q) is estimated on 100 000
fixed exact samples; the run ends when its upper 95 % limit is at most .01 twice running, or after the time limit.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import time

import numpy as np

from peer import ONE_THREAD, versions
from shared.targets import TASKS, Target, target

MODULES = {
    "lean-jax": "lean_jax.quality",
    "lean-jax-tiled": "lean_jax.quality",
    "torch": "plain_torch.quality",
    "torch-compile": "plain_torch.quality",
}
CHECK_INTERVAL, GOAL, REFERENCE_POINTS = 100, 0.01, 100_000


def run(module, peer: str, posterior: Target, points: np.ndarray, logs: np.ndarray, seed: int, limit: float) -> dict:
    """One seed. The module's `Literal(peer, target, seed)` has advance(steps), log_density(points) and evaluations."""
    began = time.perf_counter()
    literal = module.Literal(peer, posterior, seed)
    setup = time.perf_counter() - began

    def divergence() -> tuple[float, float]:
        difference = logs - literal.log_density(points)
        return float(difference.mean()), float(difference.std() / len(difference) ** 0.5)

    start = divergence()[0]
    # The first call compiles; it works on a copy, so that no step is lost and none is timed with the compiler.
    began = time.perf_counter()
    literal.compile(CHECK_INTERVAL)
    compiling = time.perf_counter() - began
    seconds, passes, steps, mean, error = 0.0, 0, 0, start, 0.0
    while passes < 2 and seconds < limit:
        began = time.perf_counter()
        literal.advance(CHECK_INTERVAL)
        seconds += time.perf_counter() - began
        steps += CHECK_INTERVAL
        mean, error = divergence()
        passes = passes + 1 if mean + 1.96 * error <= GOAL else 0
    return {
        "seed": seed, "reached": passes == 2, "seconds": seconds, "steps": steps, "divergence": mean,
        "standardError": error, "startDivergence": start, "setupSeconds": setup, "compileSeconds": compiling,
        "evaluations": literal.start_evaluations + 1024 * steps,
    }


def main() -> None:
    """Seeds until the median is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer", choices=MODULES)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=600.0)
    options = parser.parse_args()
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)
    module = importlib.import_module(MODULES[options.peer])
    posterior = target(options.task)
    points = posterior.posterior(np.random.default_rng(8), REFERENCE_POINTS)
    logs = posterior.log_posterior(points)
    runs: list[dict] = []
    needed = options.seeds // 2 + 1
    for seed in range(options.seeds):
        runs.append(run(module, options.peer, posterior, points, logs, seed, options.limit))
        # Once most seeds are censored, so is the median: the others need not wait for their limit.
        if sum(not found["reached"] for found in runs) >= needed:
            break
    times = sorted([found["seconds"] for found in runs if found["reached"]])
    times += [float("inf")] * (options.seeds - len(times))
    median = times[options.seeds // 2]
    line = {"workload": "time-to-quality", "peer": options.peer, "task": options.task, "unit": "seconds"}
    line |= {"value": median if median < float("inf") else None, "limit": options.limit, "seeds": len(runs)}
    line |= {"reached": sum(found["reached"] for found in runs), "runs": runs, "versions": versions(options.peer)}
    line |= {"entropy": float(-logs.mean())}
    print(json.dumps(line))


if __name__ == "__main__":
    main()
