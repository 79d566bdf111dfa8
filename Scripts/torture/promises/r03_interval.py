"""What a kill costs: never more than the work since a checkpoint that is at most one interval old."""

import os
import sqlite3
import time

NAME = "R3"
TITLE = "a killed run loses at most one checkpoint interval"
GOAL = 40
SHARE = 1

# One long run; a step takes a fraction of a millisecond and a row of history is kept of every tenth, so that the last row
# tells which step the newest checkpoint is of.
SPEC = """{
  "name": "long",
  "task": "ring",
  "base": "gmm",
  "flow": {"hiddenSizes": [16], "couplingLayers": 2},
  "training": {"steps": 400000, "batch": 256, "draws": 4000, "historyInterval": 10, "validationFraction": 0},
  "evaluation": {"metrics": ["kl"], "samples": 200, "floorRepetitions": 2}
}"""
# For the step that is being made, the writing of the checkpoint, and a machine that does other things too.
SLACK = 0.5


def attempt(context, result):
    spec = context.write("spec.json", SPEC)
    largest = largest_steps = 0
    while context.wants_more(result):
        store = f"kill-{result.trials}"
        interval = context.random.choice([0.1, 0.3, 1])
        process = context.start(
            "sweep", spec, "--store", store, "-j", "1", "-q", variables={"FLOWEXP_CHECKPOINT_SECONDS": interval})
        directory = wait_for_checkpoint(context, store, process)
        if directory is None:
            result.violated(f"no checkpoint within 60 s at an interval of {interval} s")
            process.kill()
            return
        began = time.time()
        time.sleep(context.random.uniform(0, 4 * interval + 1))
        process.kill()
        killed = time.time()
        process.communicate()
        kept = look(context, store)
        if kept["state"] == "completed":
            continue
        written = max(os.path.getmtime(f"{directory}/{name}") for name in os.listdir(directory))
        lost = killed - written
        steps = round(lost * kept["step"] / kept["seconds"])
        largest, largest_steps = max(largest, lost - interval), max(largest_steps, steps)
        if lost > interval + SLACK:
            result.violated(
                f"killed {killed - began:.2f} s after the first checkpoint: the newest is {lost:.2f} s old at an interval"
                f" of {interval} s")
        if not resumes_there(context, store, spec, kept["step"]):
            result.violated(f"the sweep does not go on from step {kept['step']}, that of the newest checkpoint")
        result.trials += 1
    result.measured = f"at most the interval + {largest:.2f} s, {largest_steps} steps of 400 000 (slack allowed: {SLACK} s)"


def wait_for_checkpoint(context, store, process):
    """The directory of the run once it has a checkpoint."""
    root = context.path(f"{store}/artefacts")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        for run in os.listdir(root) if os.path.isdir(root) else []:
            if any(name.startswith("checkpoint-") for name in os.listdir(f"{root}/{run}")):
                return f"{root}/{run}"
        time.sleep(0.01)
    return None


def resumes_there(context, store, spec, step):
    """Whether the first progress that the next attempt records is past `step`, and its history goes on from there."""
    process = context.start(
        "sweep", spec, "--store", store, "-j", "1", "-q", variables={"FLOWEXP_CHECKPOINT_SECONDS": 0.05})
    deadline = time.monotonic() + 30
    first = None
    while first is None and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
        seen = look(context, store)
        if seen["attempts"] > 1:
            first = seen["progress"]
    process.kill()
    process.communicate()
    return first is None or first >= step


def look(context, store):
    """State, attempts, the last attempt's recorded progress, and the last row of history: step and seconds."""
    database = sqlite3.connect(context.path(f"{store}/flowexp.sqlite"), timeout=60)
    try:
        state, attempts, progress = database.execute(
            "SELECT state, run_records.fence, step FROM run_records JOIN attempts USING (run_key)"
            " ORDER BY attempts.fence DESC").fetchone()
        step, seconds = database.execute("SELECT step, seconds FROM history_rows ORDER BY step DESC").fetchone()
        return {"state": state, "attempts": attempts, "progress": progress, "step": step, "seconds": seconds}
    finally:
        database.close()
