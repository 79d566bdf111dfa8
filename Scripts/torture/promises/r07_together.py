"""Several processes on one store: each run is done once, nobody waits in vain, nobody sees a locked database."""

import os
import signal
import subprocess
import time

import stores

NAME = "R7"
TITLE = "several processes on one store do each run once"
GOAL = 200
SHARE = 4.5

SPEC = """{
  "name": "shared",
  "task": "ring",
  "flow": {"hiddenSizes": [8], "couplingLayers": 2},
  "training": {"steps": 60, "batch": 64, "draws": 400, "historyInterval": 20},
  "evaluation": {"metrics": ["kl", "energy"], "samples": 200, "kernelSamples": 50, "floorRepetitions": 2},
  "sweep": {"base": ["gaussian", "gmm"], "flow.couplingLayers": [1, 2], "seeds": 5}
}"""
RUNS = 20
# Two of these may compute the same metric twice, which only costs time; none may train.
READERS = [["status"], ["status", "--json"], ["ls"], ["ls", "--json"], ["report", "--metric", "kl"], ["store", "digest"],
           ["logs", "--where", "seed=0 and base=gmm and couplingLayers=1"],
           ["show", "--where", "seed=0 and base=gmm and couplingLayers=1", "--json"]]
ENDS = (0, -signal.SIGKILL)


def attempt(context, result):
    spec = context.write("spec.json", SPEC)
    status, _, errors = context.run("sweep", spec, "--store", "straight", "-j", "1", "-q")
    if status != 0:
        return result.violated(f"an undisturbed sweep exits {status}: {errors}")
    expected = context.digest("straight")
    processes = readers = killed = taken_over = 0
    slowest = 0
    while context.wants_more(result):
        store = f"shared-{result.trials}"
        count = context.random.randint(2, 8)
        kills = context.random.choice([0, 0, 1, 2])
        began = time.monotonic()
        ends, reads = together(context, store, spec, count, kills)
        slowest = max(slowest, time.monotonic() - began)
        processes += len(ends)
        readers += len(reads)
        deaths = sum(status == -signal.SIGKILL for _, status, _ in ends)
        killed += deaths
        judge(context, result, store, ends, reads)
        if deaths:
            status, _, errors = context.run("sweep", spec, "--store", store, "-j", "1", "-q")
            if status != 0:
                result.violated(f"after {deaths} of {count} were killed a sweep exits {status}: {errors.strip()}")
        runs = stores.runs(context, store)
        attempts = sum(run["attempts"] for run in runs)
        taken_over += attempts - len(runs)
        # -j 2 at the most, so a kill interrupts two attempts at the most.
        if len(runs) != RUNS or not RUNS <= attempts <= RUNS + 2 * deaths:
            result.violated(f"{count} processes, {deaths} killed: {len(runs)} runs have {attempts} attempts")
        found = context.digest(store)
        if found != expected:
            result.violated(f"{count} processes, {deaths} killed: digest {found}, alone {expected}")
        for sentence in stores.disorder(context, store):
            result.violated(f"{count} processes, {deaths} killed: {sentence}")
        stores.remove(context, store)
        result.trials += 1
    result.measured = (f"{processes} writers and {readers} readers; {killed} writers killed, {taken_over} runs taken over;"
                       f" slowest round {slowest:.1f} s")


def together(context, store, spec, count, kills):
    """Starts `count` writers at once, readers meanwhile; kills some. Returns the ends of both: (command, status, errors)."""
    writers = []
    for index in range(count):
        # The first makes the store, and so may any other: they all begin at once.
        command = ["sweep", spec, "-j", context.random.choice([1, 2])]
        if index > 1 and context.random.random() < 0.3 and os.path.exists(context.path(f"{store}/flowexp.sqlite")):
            command = context.random.choice([["resume"], ["evaluate", "-j", 1]])
        writers.append((command, context.start(*command, "--store", store, "-q")))
    reads = []
    victims = context.random.sample(writers, min(kills, count - 1))
    deadline = time.monotonic() + 300
    while any(process.poll() is None for _, process in writers) and time.monotonic() < deadline:
        if victims and context.random.random() < 0.3:
            victims.pop()[1].kill()
        command = context.random.choice(READERS)
        status, _, errors = context.run(*command, "--store", store)
        reads.append((command, status, errors))
        time.sleep(context.random.uniform(0, 0.05))
    ends = []
    for command, process in writers:
        if process.poll() is None:
            process.kill()
            ends.append((command, "hangs", ""))
            continue
        ends.append((command, process.returncode, process.communicate()[1].decode("utf-8", "replace")))
    return ends, reads


def judge(context, result, store, ends, reads):
    for command, status, errors in ends:
        # resume and evaluate may come before there is a store or a sweep in it.
        if status not in ENDS and not (status == 66 and command[0] in ("resume", "evaluate")):
            result.violated(f"{' '.join(map(str, command))} of {len(ends)} ends with {status}: {errors.strip()[-400:]}")
        if "locked" in errors or "busy" in errors:
            result.violated(f"{command[0]} of {len(ends)} says: {errors.strip()[-400:]}")
    for command, status, errors in reads:
        # Before the first commit there is nothing to read.
        if status not in (0, 66) and not (command[0] == "report" and status == 65):
            result.violated(f"{' '.join(command)} meanwhile exits {status}: {errors.strip()[-400:]}")
        if "locked" in errors or "busy" in errors:
            result.violated(f"{command[0]} meanwhile says: {errors.strip()[-400:]}")
