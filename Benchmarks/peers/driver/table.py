"""The Markdown report."""

from __future__ import annotations

GOALS = {
    "train-realnvp-2d": "≥ 1.4 × lean JAX, 3 × FlowJAX, 4 × zuko; 90 % of peak",
    "train-realnvp-2d-gmm": "≥ 1.4 × lean JAX, 3 × FlowJAX, 4 × zuko; within 2 % of W1",
    "train-cond-3d": "≥ 1.4 × lean JAX, 1.6 × FlowJAX, 2.7 × zuko; 90 % of peak",
    "train-nsf-2d": "≥ 1.6 × lean JAX, 3 × FlowJAX, 6 × zuko",
    "sample": "≥ 1.25 × the best, 1.8 × zuko; 85 % of peak",
    "logprob": "≥ 1.25 × the best, 3 × zuko; 85 % of peak",
    "mmd": "time ≤ .4 × the best (ratio ≥ 2.5)",
    "mmd-five-scale": "shown",
    "w2-exact": "time ≤ .7 × POT (ratio ≥ 1.43); ≤ .3 s",
    "w2-exact-5000": "≤ 5 s",
    "w2-sliced": "time ≤ .7 × numpy (ratio ≥ 1.43)",
    "sweep-16": "time ≤ .6 × lean JAX (ratio ≥ 1.67), ≤ .2 × zuko and FlowJAX (ratio ≥ 5)",
    "time-to-quality": "≥ 20 × less time than the best peer",
}


def number(value: float, unit: str) -> str:
    """A value with its unit."""
    if unit == "stepsPerSecond":
        return f"{value:.0f} steps/s"
    if unit == "pointsPerSecond":
        return f"{value / 1e6:.2f} M/s"
    return f"{value:.1f} s" if value >= 10 else f"{value:.3f} s"


def ratio(mine: float, other: float, unit: str) -> float:
    """How many times faster ours is."""
    return other / mine if unit == "seconds" else mine / other


def rate_row(result: dict) -> str:
    """One workload: ours, every peer with the ratio, the best peer, goal and share of peak."""
    mine = result["ours"]
    cells = []
    best = None
    for name, found in result["peers"].items():
        if "value" not in found:
            cells.append(f"{name}: failed")
            continue
        unit = found.get("unit", "seconds")
        text = f"{name} {number(found['value'], unit)}"
        if result.get("shortened"):
            text += " (shortened: no ratio)"
        elif mine is not None:
            times = ratio(mine["value"], found["value"], unit)
            text += f" ({times:.2f} ×)"
            if best is None or times < best[1]:
                best = (name, times)
        cells.append(text)
    own = number(mine["value"], mine["unit"]) if mine is not None else "not in this build"
    share = mine.get("shareOfPeak") if mine is not None else None
    least = f"{best[1]:.2f} × {best[0]}" if best is not None else "–"
    return " | ".join(
        [
            f"| `{result['workload']}`",
            own,
            "<br>".join(cells),
            least,
            GOALS.get(result["workload"], ""),
            (f"{100 * share:.1f} %" if share is not None else "–") + " |",
        ]
    )


def quality_rows(result: dict) -> list[str]:
    """W8 on one task."""
    from driver.quality_text import our_seconds

    mine, limit_text = our_seconds(result["ours"])
    cells, ratios = [], []
    for name, found in result["peers"].items():
        if "error" in found:
            cells.append(f"{name}: failed")
            continue
        reached = found.get("value")
        bound = reached if reached is not None else found["limit"]
        first = found["runs"][0]
        cells.append(
            f"{name} {'' if reached is not None else '> '}{bound:.1f} s ({found['reached']}/{found['seeds']} seeds; "
            f"KL {first['startDivergence']:.3f} at the start; before the first step {first['setupSeconds']:.1f} s "
            f"+ {first['compileSeconds']:.1f} s compilation)"
        )
        if mine is not None:
            ratios.append((bound / mine, "" if reached is not None else "> ", name))
    least = min(ratios, default=None)
    text = f"{least[1]}{least[0]:.1f} × {least[2]}" if least is not None else "–"
    name = f"`time-to-quality` {result['task']}"
    return [f"| {name} | {limit_text} | {'<br>'.join(cells)} | {text} | {GOALS['time-to-quality']} | – |"]


def cost_rows(result: dict) -> list[str]:
    """Start-up, memory, overhead, scaling."""
    lines = ["", "| cost | value | goal |", "|---|---|---|"]
    for row in result["rows"]:
        lines.append(f"| {row['workload']} | {row['text']} | {row['goal']} |")
    return lines


def facts_rows(results: dict) -> list[str]:
    """Start-up, memory and versions of the peers, from the first workload each took part in."""
    seen: dict[str, dict] = {}
    for result in results["workloads"]:
        for name, found in result.get("peers", {}).items():
            if "startup_seconds" in found:
                seen.setdefault(name, found | {"from": result["workload"]})
    if not seen:
        return []
    lines = ["", "| peer | versions | start-up to the first result | peak memory | measured in |", "|---|---|---|---|---|"]
    for name, found in seen.items():
        versions = ", ".join(f"{package} {told}" for package, told in found["versions"].items())
        lines.append(
            f"| {name} | {versions} | {found['startup_seconds']:.1f} s | {found['peak_memory_mb']:.0f} MB "
            f"| `{found['from']}` |"
        )
    return lines


def markdown(results: dict) -> str:
    """Everything."""
    machine = results["machine"]
    lines = [
        f"{machine['date']}, {machine['cores']} cores {machine['cpu']}"
        f"{' (AVX-512)' if machine['avx512'] else ''}, load before {machine['loadBefore']}; {machine['flowexp']}. "
        "In parentheses: how many times faster ours is.",
        "",
        "| workload | flowexp | peers | against the best peer | goal | share of peak |",
        "|---|---|---|---|---|---|",
    ]
    costs: list[str] = []
    for result in results["workloads"]:
        if result["workload"] == "time-to-quality":
            lines += quality_rows(result)
        elif result["workload"] == "costs":
            costs += cost_rows(result)
        else:
            lines.append(rate_row(result))
    return "\n".join(lines + costs + facts_rows(results))
