"""What the measurements were made on."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from driver.environment import say


def cpu_name() -> str:
    """The processor's name as Linux says it."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def has_flag(flag: str) -> bool:
    """Whether the processor has an instruction set extension."""
    return flag in Path("/proc/cpuinfo").read_text(encoding="utf-8").split()


def stay_on_one_core() -> None:
    """Binds this process, before it becomes a contestant, to the last core: the XLA of current JAX spreads large batches
    over all cores whatever its flags say."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def machine_facts(flowexp: Path) -> dict:
    """Processor, cores, load, date, versions."""
    told = subprocess.run([flowexp, "--version"], capture_output=True, text=True, check=True)
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "avx512": has_flag("avx512f"),
        "loadBefore": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "flowexp": told.stdout.splitlines()[0],
    }


def load_warning() -> None:
    """Says when something else keeps the cores busy: then only ratios mean something, and not much."""
    load = os.getloadavg()[0]
    if load > 0.5 * len(os.sched_getaffinity(0)):
        say(f"The load of this machine is {load:.1f}: these figures are not those of an idle machine.")
