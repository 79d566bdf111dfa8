"""Reading our side of W8."""

from __future__ import annotations


def our_seconds(found: dict | None) -> tuple[float | None, str]:
    """Median seconds and their text; the seconds are nil when the build lacks the workload or the target was missed."""
    if found is None:
        return None, "not in this build"
    rows = [row for row in found.get("rows", []) if row.get("side") == "ours"]
    if not rows:
        return None, "no result"
    seconds = rows[0].get("seconds")
    if seconds is None:
        return None, "censored"
    return seconds, f"{seconds:.2f} s ({rows[0].get('reached')}/{rows[0].get('seeds')})"
