"""Choosing a setting by trying it: what is fastest differs between machines, and a peer deserves its best."""

from __future__ import annotations

import time
from typing import Callable, Iterable

TRIES = 3


def fastest(candidates: Iterable[int], make: Callable[[int], Callable[[], None]]) -> tuple[int, Callable[[], None]]:
    """The candidate whose call takes least time, the shortest of three after a warm-up, and that call."""
    best: tuple[float, int, Callable[[], None]] | None = None
    for candidate in candidates:
        call = make(candidate)
        call()
        for _ in range(TRIES):
            start = time.perf_counter()
            call()
            seconds = time.perf_counter() - start
            if best is None or seconds < best[0]:
                best = (seconds, candidate, call)
    return best[1], best[2]
