"""A resumed run equals an undisturbed one: every configuration of the tests' table at every step, and whole sweeps stopped,
resumed in another order and with another number of workers."""

import os
import re
import signal
import subprocess
import time

NAME = "R4"
TITLE = "a resumed run is the same, bit for bit"
GOAL = 1500
SHARE = 1

SPEC = """{
  "name": "stopped",
  "task": "quadratic-2d", "flow": {"hiddenSizes": [16], "couplingLayers": 2},
  "training": {"draws": 2000, "steps": 400, "batch": 64, "historyInterval": 20},
  "evaluation": {"metrics": ["kl", "mode-tv"], "samples": 500},
  "sweep": {
    "base": ["gaussian", {"name": "gmm", "components": 2}, "student-t"],
    "training.objective": ["likelihood-weighted", "amortised", "reverse-kl"],
    "seeds": 2
  }
}"""


def attempt(context, result):
    began = time.monotonic()
    sweeps(context, result, began + context.seconds / 2)
    table(context, result)


def table(context, result):
    """(configuration, step) pairs of the Swift tests, all steps."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    process = subprocess.run(
        ["swift", "test", "-c", "release", "--skip-build", "--filter", "ResumeTableTests"], cwd=root,
        env=context.environment(FLOWEXP_RESUME_EVERY_STEP=1), capture_output=True, text=True, errors="replace", check=False)
    counts = re.findall(r"^resume: part \d+ (\d+) configurations, (\d+) pairs", process.stdout, re.M)
    if process.returncode != 0 and counts:
        result.violated(f"the table's tests exit {process.returncode}: {(process.stdout + process.stderr)[-3000:]}")
    elif not counts:
        result.skipped = "the table: the tests are not built (swift build -c release --build-tests)"
    result.trials += sum(int(pairs) for _, pairs in counts)
    result.measured += f", {sum(int(rows) for rows, _ in counts)} configurations at every step"


def sweeps(context, result, deadline):
    """Whole sweeps stopped at random times, resumed with another number of workers and in another order."""
    spec = context.write("spec.json", SPEC)
    status, _, errors = context.run("sweep", spec, "--store", "straight", "-j", "1", "-q")
    if status != 0:
        return result.violated(f"an undisturbed sweep exits {status}: {errors}")
    expected = context.digest("straight")
    stops = count = 0
    while count == 0 or time.monotonic() < deadline:
        count += 1
        store = f"stopped-{count}"
        while True:
            # A condition picks other runs first, so the order differs from the undisturbed one.
            some = [[], ["--where", f"seed={context.random.randint(0, 1)}"]][context.random.randint(0, 1)]
            process = context.start(
                "sweep", spec, "--store", store, "-j", str(context.random.choice([1, 2, 3])), "-q", *some,
                variables={"FLOWEXP_CHECKPOINT_SECONDS": 0.05})
            try:
                process.wait(timeout=context.random.uniform(0.05, 1.5))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGTERM)
            errors = process.communicate()[1].decode("utf-8", "replace")
            if process.returncode == 0 and not some:
                break
            if process.returncode not in (0, 75):
                result.violated(f"sweep {count} after {stops} stops exits {process.returncode}: {errors.strip()}")
                break
            stops += process.returncode == 75
            result.trials += process.returncode == 75
        found = context.digest(store)
        if found != expected:
            result.violated(f"sweep {count}: digest {found}, undisturbed {expected}")
    result.measured = f"{count} sweeps of 18 runs stopped {stops} times"
