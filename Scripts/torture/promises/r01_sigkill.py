"""SIGKILL at random times: the same command again and again ends in the digest of an undisturbed sweep."""

import signal
import subprocess
import time

NAME = "R1"
TITLE = "SIGKILL loses nothing and doubles nothing"
GOAL = 1000
SHARE = 4

SPEC = """{
  "name": "killed",
  "training": {"draws": 20000, "steps": 600, "batch": 256, "historyInterval": 20},
  "evaluation": {"samples": 5000, "kernelSamples": 1000, "transportSamples": 200, "slicedSamples": 1000},
  "sweep": {
    "task": ["two-moons", "quadratic-2d"],
    "base": ["gaussian", {"name": "gmm", "components": "match"}],
    "flow.couplingLayers": [2, 4],
    "seeds": 5
  }
}"""


def attempt(context, result):
    spec = context.write("spec.json", SPEC)
    began = time.monotonic()
    status, _, errors = context.run("sweep", spec, "--store", "straight", "-j", "1", "-q")
    if status != 0:
        return result.violated(f"an undisturbed sweep exits {status}: {errors}")
    whole = time.monotonic() - began
    expected = context.digest("straight")
    sweeps = 0
    while context.wants_more(result):
        sweeps += 1
        store = f"killed-{sweeps}"
        kills = 0
        while True:
            # A checkpoint often, so that kills hit runs that have one from the middle of training.
            process = context.start(
                "sweep", spec, "--store", store, "-j", "2", "-q", variables={"FLOWEXP_CHECKPOINT_SECONDS": 0.1})
            try:
                process.wait(timeout=context.random.uniform(0.01, whole / 12))
            except subprocess.TimeoutExpired:
                process.kill()
            errors = process.communicate()[1].decode("utf-8", "replace")
            if process.returncode == 0:
                break
            if process.returncode != -signal.SIGKILL:
                result.violated(f"sweep {sweeps} after {kills} kills exits {process.returncode}: {errors.strip()}")
                break
            kills += 1
            result.trials += 1
        found = context.digest(store)
        if found != expected:
            result.violated(f"sweep {sweeps}, {kills} kills: digest {found}, undisturbed {expected}")
    result.measured = f"{sweeps} sweeps of 40 runs"
