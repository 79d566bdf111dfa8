"""One run's failure stays one run's: faults injected with FLOWEXP_FAULT, with and without --isolate."""

import json
import time

NAME = "R9"
TITLE = "one run's failure stays its own"
GOAL = 200
SHARE = 2.5

SPEC = """{
  "name": "faulty",
  "flow": {"hiddenSizes": [16], "couplingLayers": 2},
  "training": {"steps": 1500, "batch": 64, "draws": 500},
  "evaluation": {"metrics": ["mmd", "kl"], "samples": 500, "kernelSamples": 100, "floorRepetitions": 2},
  "sweep": {"task": ["two-moons", "quadratic-2d"], "base": ["gaussian", "gmm"], "seeds": 3}
}"""
DIVERGING = """{
  "name": "diverging",
  "task": "two-moons",
  "flow": {"couplingLayers": 32},
  "training": {"steps": 100, "batch": 64, "draws": 500, "gradientClip": 1e9},
  "evaluation": {"metrics": ["kl"], "samples": 200, "floorRepetitions": 2},
  "sweep": {"training.learningRate": [0.003, 10], "seeds": 2}
}"""
# What becomes of a run whose process dies of each kind in every execution.
FATAL = ["trap", "abort", "segfault", "overflow", "memory"]
RUNS, FAULTY = 12, 4


def attempt(context, result):
    context.write("spec.json", SPEC)
    context.write("diverging.json", DIVERGING)
    status, _, errors = context.run("sweep", "spec.json", "--store", "straight", "-j", "2", "-q")
    if status != 0:
        return result.violated(f"an undisturbed sweep exits {status}: {errors}")
    expected = context.digest("straight")
    diverging(context, result)
    number = 0
    while context.wants_more(result):
        number += 1
        kind = context.random.choice(FATAL + ["throw", "kill", "hang"])
        where = context.random.choice(
            ["phase=pool", f"step={context.random.randrange(1500)}", "phase=evaluation"])
        store = f"f{number}"
        isolated = kind in ("kill", "hang") or context.random.random() < 0.6
        trial(context, result, kind, where, isolated, store)
        # Without the fault everything is done, and the numbers are those of an undisturbed sweep.
        status, _, errors = context.run("sweep", "spec.json", "--store", store, "-q", "-j", "2", "--retry-failed",
                                        "--timeout", "1h", *(["--isolate"] if number % 2 else []))
        if status != 0:
            result.violated(f"{kind}:{where}: without the fault the sweep exits {status}: {errors}")
        elif context.digest(store) != expected:
            result.violated(f"{kind}:{where}, isolated {isolated}: another digest after the retry")
    result.measured = f"{number} sweeps of {RUNS} runs"


def states(context, store):
    _, output, _ = context.run("ls", "--json", "--store", store)
    found = {}
    for run in json.loads(output)["runs"]:
        key = run["state"] + (":" + run["failureCode"] if run.get("failureCode") else "")
        found[key] = found.get(key, 0) + 1
    return found


def trial(context, result, kind, where, isolated, store):
    variables = {
        "FLOWEXP_FAULT": f"{kind}:seed=1,{where}", "FLOWEXP_CHECKPOINT_SECONDS": 30, "SWIFT_BACKTRACE": "enable=no"}
    arguments = ["sweep", "spec.json", "--store", store, "-q", "-j", "2"] + (["--isolate"] if isolated else [])
    if kind == "hang":
        arguments += ["--timeout", "1s"]
    crashes = 0
    while True:
        began = time.monotonic()
        status, _, errors = context.run(*arguments, variables=variables, timeout=120)
        result.trials += 1
        if time.monotonic() - began > 100:
            return result.violated(f"{kind}:{where}, isolated {isolated}: the sweep does not end: {errors}")
        # Without --isolate the process dies, and the same command goes on.
        if isolated or status >= 0:
            break
        crashes += 1
        if crashes > 3 * FAULTY + 3:
            return result.violated(f"{kind}:{where}: after {crashes} crashes the sweep still dies: {errors}")
    found = states(context, store)
    if kind == "kill":
        # Never counts: the runs are left to be continued.
        wanted, code = {"completed": RUNS - FAULTY, "interrupted": FAULTY}, 75
    else:
        reason = {"throw": "error", "hang": "timeout"}.get(kind, "crashed")
        wanted, code = {"completed": RUNS - FAULTY, f"failed:{reason}": FAULTY}, 1
    if status != code or found != wanted:
        result.violated(f"{kind}:{where}, isolated {isolated}: exit {status} and {found}, wanted {code} and {wanted}: "
                        f"{errors.strip()[-300:]}")


def diverging(context, result):
    """Numbers that are not finite fail the run that made them, deterministically."""
    for store, extra in (("d1", []), ("d2", ["--isolate"])):
        status, _, errors = context.run("sweep", "diverging.json", "--store", store, "-q", "-j", "2", *extra)
        result.trials += 1
        found = states(context, store)
        if status != 1 or found != {"completed": 2, "failed:diverged": 2}:
            result.violated(f"diverging runs: exit {status}, {found}: {errors}")
    if context.digest("d1") != context.digest("d2"):
        result.violated("diverging runs: another digest with --isolate")
