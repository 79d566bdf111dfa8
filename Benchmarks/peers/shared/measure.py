"""Timing of one prepared workload, and the facts reported beside the time."""

from __future__ import annotations

import os
import resource
import statistics
import time
from dataclasses import dataclass, field
from typing import Any, Callable


@dataclass
class Prepared:
    """A workload that is ready to be repeated."""

    repeat: Callable[[], None]
    """One repetition; returns when its work is done, not when it is queued."""
    amount: float
    """Steps or points of one repetition; 1 where its seconds are the result."""
    unit: str
    """stepsPerSecond, pointsPerSecond or seconds."""
    parameters: int | None = None
    """Trainable numbers."""
    evidence: Callable[[], dict[str, Any]] = field(default=lambda: {})
    """What shows that the right thing was computed; called once, after the measurement."""


def seconds_since_process_start() -> float:
    """Wall time since the kernel started this process (resolution 10 ms)."""
    with open("/proc/self/stat", encoding="ascii") as file:
        after_name = file.read().rsplit(")", 1)[1].split()
    started = int(after_name[19]) / os.sysconf("SC_CLK_TCK")
    with open("/proc/uptime", encoding="ascii") as file:
        return float(file.read().split()[0]) - started


def peak_memory_mb() -> float:
    """Largest resident set of this process so far, 10^6 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


class Measurement:
    """Repetitions of a prepared workload; the first ones, with compilation in them, are never counted."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        prepared.repeat()
        self.first_result_seconds = seconds_since_process_start()
        prepared.repeat()

    def times(self, seconds: float, least: int = 3) -> list[float]:
        """Times of repetitions over about `seconds`, at least `least` of them."""
        began = time.perf_counter()
        times: list[float] = []
        while len(times) < least or time.perf_counter() - began < seconds:
            start = time.perf_counter()
            self.prepared.repeat()
            times.append(time.perf_counter() - start)
        return times

    def value(self, seconds: float) -> tuple[float, float]:
        """The median repetition's value in the workload's unit, and its time."""
        median = statistics.median(self.times(seconds))
        prepared = self.prepared
        return (median if prepared.unit == "seconds" else prepared.amount / median), median

    def facts(self, median: float) -> dict[str, Any]:
        """Start-up (process start to the first step or point, compilation included), memory and evidence."""
        prepared = self.prepared
        work = median if prepared.unit == "seconds" else median * (1 - 1 / prepared.amount)
        return {
            "startup_seconds": round(max(0.0, self.first_result_seconds - work), 2),
            "peak_memory_mb": round(peak_memory_mb(), 1),
            "parameters": prepared.parameters,
            "evidence": prepared.evidence(),
        }
