"""SIGKILL at random times: the same commands again and again end in the digest of undisturbed ones."""

import json
import signal
import sqlite3
import subprocess
import time

import stores

NAME = "R1"
TITLE = "SIGKILL loses nothing and doubles nothing"
GOAL = 1000
SHARE = 3

# What evaluate adds to a sweep that is done; about a second for the 28 runs.
ADDED = "mmd,sliced-w2,js"
KILLS_OF_A_SWEEP = 50
KILLS_OF_AN_EVALUATION = 6


def attempt(context, result):
    spec = context.write("spec.json", stores.VARIED)
    seconds = {}
    for name, command in (("sweep", ["sweep", spec]), ("evaluate", ["evaluate", "--metric", ADDED])):
        began = time.monotonic()
        status, _, errors = context.run(*command, "--store", "straight", "-j", "1", "-q")
        if status != 0:
            return result.violated(f"an undisturbed {name} exits {status}: {errors}")
        seconds[name] = time.monotonic() - began
    expected = context.digest("straight")
    notices_a_wrong_number(context, result)
    sweeps = middles = 0
    while context.wants_more(result):
        sweeps += 1
        store = f"killed-{sweeps}"
        workers = context.random.randint(1, 3)
        pause = seconds["sweep"] / (KILLS_OF_A_SWEEP * min(workers, 2))
        kills = until_done(context, result, store, workers, pause, ["sweep", spec], ["resume"])
        middles += kills[1]
        attempted = sum(run["attempts"] for run in stores.runs(context, store))
        pause = seconds["evaluate"] / (KILLS_OF_AN_EVALUATION * min(workers, 2))
        added = until_done(context, result, store, workers, pause, ["evaluate", "--metric", ADDED])
        what = f"sweep {sweeps}, {kills[0]} + {added[0]} kills, {workers} workers"
        found = context.digest(store)
        if found != expected:
            result.violated(f"{what}: digest {found}, undisturbed {expected}")
        for sentence in stores.disorder(context, store):
            result.violated(f"{what}: {sentence}")
        # Each run is done once; every kill interrupts at most one attempt per worker.
        if not 28 <= attempted <= 28 + kills[0] * workers:
            result.violated(f"{what}: 28 runs have {attempted} attempts")
        stores.remove(context, store)
    result.measured = f"{sweeps} sweeps of 28 runs, {middles} kills with a checkpoint from the middle of training"


def until_done(context, result, store, workers, pause, *commands):
    """Starts one of the commands (the first until one has a store) again and again, killing it after a random time of mean
    `pause`, until one ends by itself. Returns the kills, and those that left a checkpoint from the middle of training."""
    kills = middles = 0
    while True:
        # The evaluation of a run begins anew after a kill, so kills that are always faster than it would never end.
        if kills and kills % (2 * KILLS_OF_A_SWEEP) == 0:
            pause *= 2
        command = commands[0] if kills < 2 else context.random.choice(commands)
        hurried = time.monotonic() > context.deadline
        process = context.start(
            *command, "--store", store, "-j", workers, "-q", variables={"FLOWEXP_CHECKPOINT_SECONDS": 0.02})
        try:
            # A program's start takes some hundredths of a second.
            moment = context.random.choice([0, 0.03]) + context.random.expovariate(1 / pause)
            process.wait(timeout=600 if hurried else moment)
        except subprocess.TimeoutExpired:
            process.kill()
        errors = process.communicate()[1].decode("utf-8", "replace")
        if process.returncode == 0:
            return kills, middles
        if process.returncode == 66 and kills < 10 and command == ["resume"]:
            # Both kills came before there was a store.
            continue
        if process.returncode != -signal.SIGKILL:
            result.violated(f"{store} after {kills} kills: {command[0]} exits {process.returncode}: {errors.strip()}")
            return kills, middles
        kills += 1
        middles += holds_a_middle(context, store)
        result.trials += 1


def holds_a_middle(context, store):
    """Whether some run that is not completed has a checkpoint from the middle of its training."""
    status, output, _ = context.run("ls", "--json", "--where", "state=interrupted", "--store", store)
    if status != 0:
        return False
    return any(
        any(name.startswith("checkpoint-") for name in stores.names(context.path(f"{store}/artefacts/{run['id']}")))
        for run in json.loads(output)["runs"])


def notices_a_wrong_number(context, result):
    """The comparison can fail: a store in which one number is another has no digest, or another one."""
    copy = context.path("wrong")
    subprocess.run(["cp", "-r", context.path("straight"), copy], check=True)
    database = sqlite3.connect(f"{copy}/flowexp.sqlite")
    database.execute("UPDATE metric_values SET value = value + 1 WHERE run_key = 1 AND value IS NOT NULL")
    database.commit()
    database.close()
    status, _, _ = context.run("store", "digest", "--store", "wrong")
    if status != 65:
        result.violated(f"a store with a changed number has a digest: exit {status}")
    stores.remove(context, "wrong")
