#!/usr/bin/env python3
"""flowexp's workloads beside the Python peers, in alternation in one run; prints a table of ratios.

    python3 Benchmarks/peers/run.py [--workloads a,b] [--peers a,b] [--rounds R] [--seconds S] [--quick] [--output FILE]

It needs nothing but Python 3: the peers live in a virtual environment below .build, made on the first call.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from driver import sections
from driver.costs import costs
from driver.environment import ROOT, ensure_environment
from driver.machine import load_warning, machine_facts
from driver.table import markdown
from peer import PEERS
from shared.workloads import EVALUATION, METRICS, TRAINING

RATES = (*TRAINING, *EVALUATION, *METRICS)
SECTIONS = ("sweep-16", "time-to-quality", "costs")


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workloads", default=",".join((*RATES, *SECTIONS)), help="names, comma-separated")
    parser.add_argument("--peers", default=",".join(PEERS), help="names, comma-separated")
    parser.add_argument("--rounds", type=int, default=5, help="times that ours and every peer are measured in turn")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each of those measurements")
    parser.add_argument("--quality-limit", type=float, default=600.0, help="seconds after which a side is censored")
    parser.add_argument("--quality-tasks", default="two-moons,quadratic-2d,quadratic-3d,circle8")
    parser.add_argument("--quality-peers", default="lean-jax-tiled", help="all walk the same steps: name the fastest")
    parser.add_argument("--quality-seeds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one short round: shows that everything runs, no more")
    parser.add_argument("--output", type=Path, default=ROOT / ".build" / "bench-peers.json")
    parser.add_argument("--flowexp", type=Path, default=ROOT / ".build" / "release" / "flowexp")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.quality_seeds = 1, 0.3, 1
        options.quality_limit = min(options.quality_limit, 20.0)
    options.workloads = options.workloads.split(",")
    options.peers = options.peers.split(",")
    for name in options.workloads:
        if name not in (*RATES, *SECTIONS):
            parser.error(f"there is no workload '{name}'; workloads: {', '.join((*RATES, *SECTIONS))}")
    for name in options.peers:
        if name not in PEERS:
            parser.error(f"there is no peer '{name}'; peers: {', '.join(PEERS)}")
    if not options.flowexp.exists():
        parser.error(f"there is no {options.flowexp}; `swift build -c release --product flowexp` makes it")
    return options


def main() -> None:
    """Measures everything asked for; the JSON file is written after every workload, so nothing is lost."""
    options = parse()
    python = ensure_environment()
    results = {"schema": "flowexp.bench-peers/1", "machine": machine_facts(options.flowexp), "workloads": []}
    load_warning()

    def keep(result: dict) -> None:
        results["workloads"].append(result)
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(json.dumps(results, indent=1) + "\n")

    for workload in options.workloads:
        if workload in RATES:
            keep(sections.alternate(workload, python, options))
        elif workload == "sweep-16":
            keep(sections.sweep(python, options))
        elif workload == "time-to-quality":
            for task in options.quality_tasks.split(","):
                keep(sections.quality(task, python, options))
        else:
            keep(costs(options))
    print(markdown(results))
    print(f"All numbers: {options.output}", file=sys.stderr)


if __name__ == "__main__":
    main()
