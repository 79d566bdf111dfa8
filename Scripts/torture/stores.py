"""What the promises about stores share: small specs, what a store should look like at rest, system calls under strace."""

import json
import os
import re
import shutil
import signal
import subprocess

# A sweep of two runs that takes 0.05 s and does everything the store does: checkpoints, artefacts, the reference cache.
SMALL = """{
  "name": "small",
  "task": "ring",
  "flow": {"hiddenSizes": [8], "couplingLayers": 2},
  "training": {"steps": 4, "batch": 32, "draws": 200, "stepsPerRound": 2, "historyInterval": 2},
  "evaluation": {"metrics": ["kl", "energy"], "samples": 200, "kernelSamples": 50, "floorRepetitions": 2},
  "sweep": {"base": ["gaussian", "gmm"], "seeds": 1}
}"""

# Every objective, proposal and base, about 4 s on one core.
VARIED = """{
  "name": "varied",
  "task": "ring",
  "flow": {"hiddenSizes": [8], "couplingLayers": 2},
  "training": {"steps": 1500, "batch": 256, "draws": 2000, "stepsPerRound": 20, "historyInterval": 20},
  "evaluation": {"metrics": ["kl", "energy"], "samples": 500, "kernelSamples": 100, "floorRepetitions": 2},
  "sweep": {"training.proposal": ["static", "fresh", "adaptive"], "base": ["gaussian", "gmm"], "seeds": 2},
  "include": [
    {"task": "quadratic-2d", "training.objective": "amortised"},
    {"task": "quadratic-2d", "training.objective": "amortised", "base": "conditional-gmm"},
    {"training.objective": "maximum-likelihood"}, {"training.objective": "reverse-kl"}, {"training.objective": "alpha-2"},
    {"base": "student-t"}, {"base": {"name": "resampled", "normalizerDraws": 64}}, {"flow.coupling": "spline"}
  ]
}"""

# Between steps of a small run, so that every one of them is checkpointed.
OFTEN = {"FLOWEXP_CHECKPOINT_SECONDS": 0.000001}

SIGNALLED = (-signal.SIGKILL, 128 + signal.SIGKILL)


def runs(context, store):
    """The runs of a store as `ls --json` prints them."""
    status, output, errors = context.run("ls", "--json", "--store", store)
    if status != 0:
        raise RuntimeError(f"ls exits {status}: {errors.strip()}")
    return json.loads(output)["runs"]


def disorder(context, store, reading=True):
    """What does not belong in a store at rest whose runs are all completed: one sentence each.

    The next writing open removes what a crash left, so ask after one. `reading`: whether to ask `ls` for the states too.
    """
    path = context.path(store)
    found = [f"tmp/{name} is left" for name in names(f"{path}/tmp")]
    for suffix in ("-journal", "-wal", "-shm"):
        if os.path.exists(f"{path}/flowexp.sqlite{suffix}"):
            found.append(f"flowexp.sqlite{suffix} is left")
    for run in names(f"{path}/artefacts"):
        inside = names(f"{path}/artefacts/{run}")
        if len(inside) != 1 or not inside[0].startswith("published-"):
            found.append(f"artefacts/{run[:8]} holds {', '.join(inside) or 'nothing'}")
        else:
            files = names(f"{path}/artefacts/{run}/{inside[0]}")
            if "record.json" not in files or "parameters.safetensors" not in files:
                found.append(f"artefacts/{run[:8]}/{inside[0]} holds {', '.join(files)}")
    if reading:
        listed = runs(context, store)
        for run in listed:
            if run["state"] != "completed":
                found.append(f"run {run['id'][:8]} is {run['state']}")
        if {run["id"] for run in listed} != set(names(f"{path}/artefacts")):
            found.append("the directories of artefacts are not those of the runs")
    return found


def names(directory):
    try:
        return sorted(os.listdir(directory))
    except FileNotFoundError:
        return []


def remove(context, *stores):
    for store in stores:
        shutil.rmtree(context.path(store), ignore_errors=True)


def failed_badly(status, errors):
    """Whether an end is one that no circumstances excuse: a signal of the program's own, a bug, a hang; else None."""
    if status < 0 or status in (132, 133, 134, 135, 136, 139):
        return f"ends by signal {-status if status < 0 else status - 128}"
    if status == 70 or "This is a bug" in errors:
        return f"calls itself a bug ({status})"
    if "it did not end" in errors:
        return "does not end"
    if "Fatal error" in errors or "Crash:" in errors:
        return "traps"
    return None


def has_strace():
    """Whether strace may trace here; where it may not, what needs it is skipped, loudly."""
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-f", "true"], capture_output=True, check=False).returncode == 0


CALL = re.compile(r"^(\d+) +(\w+)\((.*)$")


def system_calls(log, root):
    """The calls of a strace log (-f -y) that touch something below `root`: {name: {tid: [indexes from 1]}}, where an
    index counts that thread's calls of that name, as strace's when= does."""
    counts = {}
    touching = {}
    with open(log, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = CALL.match(line)
            if not match or "resumed>" in line[:40]:
                continue
            thread, name, rest = match.groups()
            index = counts[thread, name] = counts.get((thread, name), 0) + 1
            if root in rest:
                touching.setdefault(name, {}).setdefault(thread, []).append(index)
    return touching


def injection_points(log, root):
    """{name: [N]} such that the N-th call of some thread touches the store, and no call of the program's start is among the
    first N of its own thread: a loader that fails says nothing about the program."""
    points = {}
    starting = {}
    main = None
    with open(log, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = CALL.match(line)
            if not match or "resumed>" in line[:40]:
                continue
            thread, name, rest = match.groups()
            main = main or thread
            if root in rest:
                break
            if thread == main:
                starting[name] = starting.get(name, 0) + 1
    for name, threads in system_calls(log, root).items():
        points[name] = sorted({
            index for indexes in threads.values() for index in indexes if index > starting.get(name, 0)})
    return points
