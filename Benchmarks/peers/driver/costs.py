"""What flowexp costs besides the arithmetic: start-up, memory, the sweep around the training, scaling to two workers."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from argparse import Namespace
from pathlib import Path

from driver import ours
from driver.environment import HERE, say

SPEC = HERE / "driver" / "one_second_runs.json"
WORKERS = 2


def run_for_memory(command: list) -> tuple[float, float]:
    """Wall seconds and largest resident set (10^6 bytes) of a command, which must succeed."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - start, usage.ru_maxrss * 1024 / 1e6


def startup(options: Namespace) -> dict:
    """Milliseconds of a command that prints a table."""
    times = [run_for_memory([options.flowexp, "list", "tasks"])[0] for _ in range(30)]
    value = 1000 * statistics.median(times)
    return {"workload": "startup", "value": value, "text": f"{value:.1f} ms (`flowexp list tasks`)", "goal": "milliseconds"}


def training_memory(options: Namespace) -> dict:
    """Peak memory of W1."""
    command = [options.flowexp, "bench", "--workload", "train-realnvp-2d", "--seconds", str(options.seconds)]
    value = run_for_memory(command)[1]
    return {"workload": "memory of W1", "value": value, "text": f"{value:.0f} MB", "goal": "≤ 60 MB"}


def sweep_costs(options: Namespace) -> list[dict]:
    """Peak memory of a two-worker sweep and its workers' time outside training and metrics."""
    with tempfile.TemporaryDirectory(prefix="flowexp-costs-") as folder:
        store = Path(folder) / "store"
        command = [options.flowexp, "sweep", SPEC, "--jobs", str(WORKERS), "--store", store, "--quiet"]
        wall, memory = run_for_memory(command)
        told = [json.loads(show(options, store, run)) for run in run_ids(options, store)]
    work = sum(sum(run["timings"].values()) for run in told)
    share = 1 - work / (WORKERS * wall)
    per_run = wall * WORKERS / len(told)
    text = f"{100 * share:.1f} % of two workers' time over {len(told)} runs of {per_run:.2f} s"
    return [
        {"workload": "memory of a 2-worker sweep", "value": memory, "text": f"{memory:.0f} MB", "goal": "≤ 150 MB"},
        {"workload": "sweep around the training", "value": share, "text": text, "goal": "≤ 3 %"},
    ]


def run_ids(options: Namespace, store: Path) -> list[str]:
    """All runs of a store."""
    told = subprocess.run([options.flowexp, "ls", "--json", "--store", store], capture_output=True, text=True, check=True)
    return [run["id"] for run in json.loads(told.stdout)["runs"]]


def show(options: Namespace, store: Path, run: str) -> str:
    """One run's details."""
    command = [options.flowexp, "show", run, "--json", "--store", store]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def scaling(options: Namespace, workload: str, goal: str) -> dict | None:
    """How much two threads do of what one does: the median over rounds in alternation."""
    ratios = []
    for _ in range(options.rounds):
        found = [
            ours.run_json(options, "--workload", workload, "--threads", str(threads), "--seconds", str(options.seconds))
            for threads in (1, WORKERS)
        ]
        if None in found:
            return None
        ratios.append(found[1]["gigaflopsPerSecond"] / found[0]["gigaflopsPerSecond"])
    value = statistics.median(ratios)
    return {"workload": f"1 → 2 threads of {workload}", "value": value, "text": f"{value:.2f} ×", "goal": goal}


def costs(options: Namespace) -> dict:
    """All of them."""
    say("costs: start-up, memory, sweep, scaling")
    rows = [startup(options), training_memory(options), *sweep_costs(options)]
    rows.append(scaling(options, "train-realnvp-2d", "≥ 1.9 ×"))
    rows.append(scaling(options, "multiply-add", "control: the most that these cores give"))
    return {"workload": "costs", "rows": [row for row in rows if row is not None]}
