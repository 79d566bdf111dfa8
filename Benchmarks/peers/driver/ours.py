"""flowexp's own numbers, from `flowexp bench`."""

from __future__ import annotations

import json
import subprocess
from argparse import Namespace

from driver.machine import stay_on_one_core

UNITS = ("stepsPerSecond", "pointsPerSecond", "seconds")


def run_json(options: Namespace, *arguments: str, one_core: bool = False) -> dict | None:
    """The JSON object that `flowexp bench ... --json` prints; nil when this build has no such workload."""
    command = [options.flowexp, "bench", *arguments, "--json"]
    bind = stay_on_one_core if one_core else None
    told = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=bind)
    if told.returncode == 0:
        return json.loads(told.stdout)
    if "there is no workload" in told.stderr or "Unknown option" in told.stderr:
        return None
    raise RuntimeError(f"{' '.join(map(str, command))} failed: {told.stderr.strip()}")


def measure(workload: str, options: Namespace) -> dict | None:
    """One measurement on one core (a sweep: on all of them): value, unit, share of peak."""
    arguments = ("--workload", workload, "--seconds", str(options.seconds))
    found = run_json(options, *arguments, one_core=workload != "sweep-16")
    if found is None:
        return None
    unit = next(unit for unit in UNITS if unit in found)
    return {"value": found[unit], "unit": unit, "shareOfPeak": found.get("shareOfPeak")}

