"""flowexp's own numbers, from `flowexp bench`."""

from __future__ import annotations

import json
import subprocess
from argparse import Namespace

UNITS = ("stepsPerSecond", "pointsPerSecond", "seconds")


def run_json(options: Namespace, *arguments: str) -> dict | None:
    """The JSON object that `flowexp bench ... --json` prints; nil when this build has no such workload."""
    command = [options.flowexp, "bench", *arguments, "--json"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode == 0:
        return json.loads(told.stdout)
    if "there is no workload" in told.stderr or "Unknown option" in told.stderr:
        return None
    raise RuntimeError(f"{' '.join(map(str, command))} failed: {told.stderr.strip()}")


def measure(workload: str, options: Namespace) -> dict | None:
    """One measurement on one thread: value, unit, share of peak."""
    found = run_json(options, "--workload", workload, "--seconds", str(options.seconds))
    if found is None:
        return None
    unit = next(unit for unit in UNITS if unit in found)
    return {"value": found[unit], "unit": unit, "shareOfPeak": found.get("shareOfPeak")}

