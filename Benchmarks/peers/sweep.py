"""W7 with a peer: 16 independent W1 runs of 1000 steps on 2 cores, one worker process pinned to each core.

    python sweep.py PEER [--runs N] [--steps N]

A worker compiles once and trains its runs one after the other, each from fresh parameters. Prints one line of JSON;
the wall time that counts is the caller's, from the command line to the end of this process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from peer import ONE_THREAD, versions
from shared.workloads import REALNVP, SWEEP_RUNS, SWEEP_STEPS

WORKERS = 2


def train_runs(peer: str, seeds: range, steps: int) -> list[float]:
    """The last losses of the runs with these seeds, in this process."""
    if peer.startswith("lean-jax"):
        from lean_jax.sweep import losses
        from lean_jax.train import TILE

        return losses(seeds, steps, TILE if peer == "lean-jax-tiled" else 0)
    if peer == "flowjax":
        from flowjax_peer.sweep import losses
    else:
        from plain_torch.sweep import losses_of

        return losses_of(peer, seeds, steps)
    return losses(seeds, steps)


def work(peer: str, core: int, seeds: range, steps: int) -> None:
    """One worker: stays on one core, which is worth much on a virtual machine."""
    os.sched_setaffinity(0, {core})
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)
    from shared.measure import peak_memory_mb

    print(json.dumps({"losses": train_runs(peer, seeds, steps), "peak_memory_mb": peak_memory_mb()}))


def main() -> None:
    """Starts the workers and puts their results together."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer", choices=["lean-jax", "lean-jax-tiled", "torch", "torch-compile", "zuko", "flowjax"])
    parser.add_argument("--runs", type=int, default=SWEEP_RUNS)
    parser.add_argument("--steps", type=int, default=SWEEP_STEPS)
    parser.add_argument("--core", type=int, help="of a worker; for this script's own use, as the next")
    parser.add_argument("--first-seed", type=int, default=0)
    options = parser.parse_args()
    if options.core is not None:
        seeds = range(options.first_seed, options.first_seed + options.runs)
        return work(options.peer, options.core, seeds, options.steps)
    cores = sorted(os.sched_getaffinity(0))[:WORKERS]
    command = [sys.executable, Path(__file__).resolve(), options.peer, "--steps", str(options.steps)]
    workers, first = [], 0
    for index, core in enumerate(cores):
        runs = options.runs // len(cores) + (index < options.runs % len(cores))
        seeds = ["--runs", str(runs), "--first-seed", str(first)]
        workers.append(subprocess.Popen([*command, *seeds, "--core", str(core)], stdout=subprocess.PIPE, text=True))
        first += runs
    told = [worker.communicate()[0] for worker in workers]
    if any(worker.returncode for worker in workers):
        sys.exit("a worker failed")
    results = [json.loads(text.splitlines()[-1]) for text in told]
    losses = [loss for result in results for loss in result["losses"]]
    line = {"workload": "sweep-16", "peer": options.peer, "unit": "seconds", "versions": versions(options.peer)}
    line |= {"runs": len(losses), "steps": options.steps, "parameters": REALNVP.parameter_count()}
    line |= {"workers_memory_mb": round(sum(result["peak_memory_mb"] for result in results), 1)}
    print(json.dumps(line | {"evidence": {"losses": losses}}))


if __name__ == "__main__":
    main()
