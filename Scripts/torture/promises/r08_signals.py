"""SIGINT, SIGTERM and SIGHUP in every phase: exit 75 within 5 s, a second one ends at once, and nothing is lost."""

import fcntl
import os
import pty
import signal
import sqlite3
import struct
import subprocess
import time

NAME = "R8"
TITLE = "a signal checkpoints and ends in 5 s, a second one at once"
GOAL = 200
SHARE = 11

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
EVALUATION = '"evaluation": {"metrics": ["mmd", "kl"], "samples": 2000, "kernelSamples": 500, "floorRepetitions": 2}'
SPECS = {
    "training": '"task": "two-moons", "training": {"steps": 5000, "batch": 128, "draws": 2000}, ' + EVALUATION,
    "pool": '"task": "quadratic-3d", "training": {"steps": 20, "batch": 256, "draws": 4000000}, ' + EVALUATION,
    "components": '"task": "quadratic-3d", "base": {"name": "gmm", "components": "auto"}, '
                  '"training": {"steps": 20, "batch": 256, "draws": 1500000}, ' + EVALUATION,
    "evaluation": '"task": "two-moons", "training": {"steps": 20, "batch": 128, "draws": 1000}, "evaluation": '
                  '{"metrics": ["mmd", "w2"], "samples": 20000, "kernelSamples": 8000, "transportSamples": 1500, '
                  '"floorRepetitions": 2}',
}


def unignored():
    """Of a trial started in the background, whose SIGINT would be ignored."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def attempt(context, result):
    slowest = 0.0
    expected, whole = {}, {}
    for name, body in SPECS.items():
        context.write(f"{name}.json", '{"name": "%s", %s, "sweep": {"seeds": 2}}' % (name, body))
        began = time.monotonic()
        status, _, errors = context.run("sweep", f"{name}.json", "--store", f"straight-{name}", "-j", "2", "-q")
        if status != 0:
            return result.violated(f"an undisturbed sweep exits {status}: {errors}")
        whole[name] = time.monotonic() - began
        expected[name] = context.digest(f"straight-{name}")
    kinds = [(name, isolated) for name in SPECS for isolated in (False, True)]
    number = 0
    while context.wants_more(result):
        name, isolated = kinds[number % len(kinds)]
        number += 1
        slowest = max(slowest, interrupted_sweep(context, result, name, isolated, expected, whole[name], f"s{number}"))
        if number % 4 == 1:
            locked_store(context, result)
        if number % 4 == 2:
            unfinished_output(context, result, "straight-training")
        if number % 4 == 3:
            vanished_terminal(context, result, "training", expected, f"t{number}")
    result.measured = f"slowest end {slowest:.2f} s"


def interrupted_sweep(context, result, name, isolated, expected, whole, store):
    """The same sweep signalled again and again until it is done."""
    slowest = 0.0
    arguments = ["sweep", f"{name}.json", "--store", store, "-j", "2", "-q"] + (["--isolate"] if isolated else [])
    for turn in range(40):
        # At last it may end.
        delay = context.random.uniform(0.02, whole) if turn < 6 else 600
        process = context.start(*arguments, preexec_fn=unignored)
        try:
            process.wait(timeout=delay)
        except subprocess.TimeoutExpired:
            which = context.random.choice(SIGNALS)
            twice = context.random.random() < 0.3
            sent = time.monotonic()
            process.send_signal(which)
            if twice:
                time.sleep(context.random.uniform(0, 0.05))
                process.send_signal(which)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
            took = time.monotonic() - sent
            slowest = max(slowest, took)
            result.trials += 1
            # A process that has not begun to watch dies of the signal, which is as safe.
            allowed = {0, 75, -which} | ({128 + which} if twice else set())
            if process.returncode not in allowed or took > 5:
                result.violated(f"{name}{' isolated' if isolated else ''}, {which.name}{' twice' if twice else ''}: "
                                f"exit {process.returncode} after {took:.1f} s")
        errors = process.communicate()[1].decode("utf-8", "replace")
        if process.returncode == 0:
            break
        if delay == 600:
            result.violated(f"{name}: undisturbed at last, it exits {process.returncode}: {errors}")
            break
    found = context.digest(store)
    if found != expected[name]:
        result.violated(f"{name} in {store}: digest {found}, undisturbed {expected[name]}")
    return slowest


def locked_store(context, result):
    """Signals while the program waits for another process's lock: of the store, then of the database."""
    for kind in ("store.lock", "database"):
        if kind == "store.lock":
            holder = open(context.path("straight-training/store.lock"), "r+b")
            # F_OFD_SETLK of Linux, with a struct flock over the whole file.
            fcntl.fcntl(holder, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
        else:
            holder = sqlite3.connect(context.path("straight-training/flowexp.sqlite"), isolation_level=None)
            holder.execute("BEGIN EXCLUSIVE")
        for command in (["sweep", "training.json"], ["resume"], ["evaluate"]):
            process = context.start(*command, "--store", "straight-training", "-q", preexec_fn=unignored)
            time.sleep(0.4)
            sent = time.monotonic()
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
            process.communicate()
            result.trials += 1
            if process.returncode != 75 or time.monotonic() - sent > 5:
                result.violated(f"{command[0]} waiting for the {kind}: exit {process.returncode} after "
                                f"{time.monotonic() - sent:.1f} s")
        holder.close()


def unfinished_output(context, result, store):
    """A command that writes a file and is told to end leaves nothing half written."""
    process = context.start("sample", "--where", "seed=0", "--count", "50000000", "--output", "big.csv", "--store", store,
                            preexec_fn=unignored)
    time.sleep(context.random.uniform(0.2, 0.5))
    which = context.random.choice(SIGNALS)
    process.send_signal(which)
    process.communicate(timeout=10)
    result.trials += 1
    left = [name for name in os.listdir(context.directory) if name.startswith("big.csv")]
    if process.returncode != -which or left:
        result.violated(f"sample, {which.name}: exit {process.returncode}, left {left}")


def vanished_terminal(context, result, name, expected, store):
    """A terminal that goes away while the hang-up is ignored ends the display and nothing else."""
    master, slave = pty.openpty()
    process = context.start(
        "sweep", f"{name}.json", "--store", store, "-j", "2", stdin=slave, stdout=slave, stderr=slave,
        variables={"TERM": "xterm"}, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    os.close(slave)
    time.sleep(0.3)
    os.close(master)
    process.wait(timeout=600)
    result.trials += 1
    if process.returncode != 0 or context.digest(store) != expected[name]:
        result.violated(f"without its terminal the sweep exits {process.returncode}")
