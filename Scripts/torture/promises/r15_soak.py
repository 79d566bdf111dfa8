"""Sweeps for as long as there is time, killed now and then: memory and open files stay flat, the store stays in order."""

import os
import shutil
import signal
import time

import stores

NAME = "R15"
TITLE = "soak: memory, open files and store stay as they are"
GOAL = 1440
SHARE = 8

# Many short runs in one process: what leaks per run shows. Two tasks and bases, so that caches are used too.
MANY = """{
  "name": "many",
  "flow": {"hiddenSizes": [8], "couplingLayers": 2},
  "training": {"steps": 30, "batch": 64, "draws": 300, "historyInterval": 10},
  "evaluation": {"metrics": ["kl", "energy"], "samples": 200, "kernelSamples": 50, "floorRepetitions": 2},
  "sweep": {"task": ["ring", "corners"], "base": ["gaussian", "gmm"], "seeds": SEEDS}
}"""
# What is known of every run (its plan, its record, its label) is kept: about 20 kB each. A leak of a run's tensors or pool
# would be far more.
KILOBYTES_PER_RUN = 40
KILL_EVERY = 60


def attempt(context, result):
    one_process(context, result)
    rounds(context, result)


def status_of(process):
    """Resident memory in kB, and the number of open files; None once the process has ended."""
    try:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            lines = dict(line.split(":", 1) for line in file if ":" in line)
        return int(lines["VmRSS"].split()[0]), len(os.listdir(f"/proc/{process.pid}/fd"))
    except (OSError, KeyError, ValueError):
        return None


def one_process(context, result):
    """One sweep of many runs on two workers: memory as a function of the runs done, after the first quarter."""
    seeds = max(40, min(1500, round(context.seconds)))
    spec = context.write("many.json", MANY.replace("SEEDS", str(seeds)))
    process = context.start("sweep", spec, "--store", "many", "-j", "2", "-q")
    samples = []
    while process.poll() is None:
        time.sleep(0.2)
        found = status_of(process)
        done = sum(1 for _ in os.scandir(context.path("many/artefacts"))) if os.path.isdir(context.path("many/artefacts")) else 0
        if found:
            samples.append((done, *found))
    errors = process.communicate()[1].decode("utf-8", "replace")
    total = 4 * seeds
    if process.returncode != 0:
        return result.violated(f"a sweep of {total} runs exits {process.returncode}: {errors.strip()}")
    settled = [sample for sample in samples if sample[0] >= total / 4]
    if len(settled) < 5:
        context.note = f"{total} runs were too quick to watch"
        return
    slope = fitted_slope([(done, memory) for done, memory, _ in settled])
    files = [count for _, _, count in settled]
    context.note = (f"{total} runs in one process: {slope:+.1f} kB a run, {min(memory for _, memory, _ in settled) // 1024} to"
                    f" {max(memory for _, memory, _ in settled) // 1024} MB, {min(files)} to {max(files)} open files")
    if slope > KILOBYTES_PER_RUN:
        result.violated(f"memory grows by {slope:.1f} kB a run, more than {KILOBYTES_PER_RUN}: {context.note}")
    # A worker has at most a lock, a file being written, its directory and a journal open at a time.
    early = max(count for _, _, count in settled[:max(3, len(settled) // 3)])
    if max(files) > early + 6:
        result.violated(f"open files grow from {early} to {max(files)} over {total} runs")
    for sentence in stores.disorder(context, "many")[:5]:
        result.violated(f"{total} runs in one process: {sentence}")
    result.trials += 1


def fitted_slope(points):
    """Least squares."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def rounds(context, result):
    """Rounds of sweeps on one growing store, with a kill a minute; its digest after each round is that of a store in which
    the same sweeps were never disturbed."""
    kills = done = 0
    last_kill = time.monotonic()
    every = min(KILL_EVERY, max(1, context.seconds / 20))
    while context.wants_more(result):
        done += 1
        spec = context.write(
            f"round-{done}.json",
            stores.SMALL.replace('"name": "small"', f'"name": "round-{done}"').replace(
                '"seeds": 1', f'"seeds": [{3 * done}, {3 * done + 1}, {3 * done + 2}]'))
        while True:
            process = context.start("sweep", spec, "--store", "soak", "-j", "2", "-q", variables=stores.OFTEN)
            if time.monotonic() - last_kill > every:
                time.sleep(context.random.uniform(0.01, 0.2))
                process.kill()
            errors = process.communicate()[1].decode("utf-8", "replace")
            if process.returncode == 0:
                break
            if process.returncode != -signal.SIGKILL:
                result.violated(f"round {done} exits {process.returncode}: {errors.strip()}")
                break
            kills += 1
            last_kill = time.monotonic()
        status, _, errors = context.run("sweep", spec, "--store", "calm", "-j", "1", "-q")
        if status != 0:
            result.violated(f"round {done}, undisturbed, exits {status}: {errors.strip()}")
        one, other = context.digest("soak", verify=done % 10 == 0), context.digest("calm", verify=False)
        if one != other:
            result.violated(f"round {done}, {kills} kills: digest {one}, undisturbed {other}")
        for sentence in stores.disorder(context, "soak", reading=done % 10 == 0):
            result.violated(f"round {done}: {sentence}")
        result.trials += 1
    size = sum(os.path.getsize(os.path.join(directory, name))
               for directory, _, names in os.walk(context.path("soak")) for name in names)
    calm = sum(os.path.getsize(os.path.join(directory, name))
               for directory, _, names in os.walk(context.path("calm")) for name in names)
    if size > 1.2 * calm + 100_000:
        result.violated(f"the store with kills has {size} bytes, without {calm}")
    shutil.rmtree(context.path("soak"), ignore_errors=True)
    result.measured = f"{context.note}; {done} rounds, {kills} kills, store {size // 1024} kB, without kills {calm // 1024} kB"
