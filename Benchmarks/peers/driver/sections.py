"""Each kind of workload, measured for ours and the peers in turn."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from argparse import Namespace
from pathlib import Path

from driver import ours
from driver.environment import HERE, say
from driver.machine import stay_on_one_core
from driver.servers import PeerServer
from peer import PEERS

SWEEP_PEERS = ("lean-jax", "lean-jax-tiled", "torch", "torch-compile", "zuko", "flowjax")
AGREEMENT = 1e-3
"""Largest relative difference between the distances that the metric peers find for the same samples."""


def alternate(workload: str, python: Path, options: Namespace) -> dict:
    """Ours, then every peer, then ours again ... `rounds` times; medians over the rounds."""
    say(f"{workload}: starting the peers")
    servers = [PeerServer(python, name, workload) for name in options.peers if workload in PEERS[name]]
    our_rounds: list[dict] = []
    for number in range(options.rounds):
        say(f"{workload}: round {number + 1} of {options.rounds}")
        found = ours.measure(workload, options)
        if found is not None:
            our_rounds.append(found)
        for server in servers:
            server.measure(options.seconds)
    peers = {}
    for server in servers:
        server.close()
        if server.results:
            values = [result["value"] for result in server.results]
            peers[server.peer] = server.results[-1] | {"value": statistics.median(values), "values": values}
        else:
            peers[server.peer] = {"error": server.error}
    check_agreement(workload, peers)
    return {"workload": workload, "ours": middle(our_rounds), "peers": peers}


def middle(rounds: list[dict]) -> dict | None:
    """The median of our rounds; nil when this build has no such workload."""
    if not rounds:
        return None
    shares = [found["shareOfPeak"] for found in rounds if found["shareOfPeak"] is not None]
    values = [found["value"] for found in rounds]
    return {
        "value": statistics.median(values),
        "values": values,
        "unit": rounds[0]["unit"],
        "shareOfPeak": statistics.median(shares) if shares else None,
    }


def check_agreement(workload: str, peers: dict) -> None:
    """Peers that measured the same distance must have found the same number."""
    distances = {name: found["evidence"]["distance"] for name, found in peers.items() if "distance" in found.get("evidence", {})}
    if distances and max(distances.values()) - min(distances.values()) > AGREEMENT * max(map(abs, distances.values())):
        say(f"{workload}: the peers do not agree: {distances}")


def last_json_line(command: list, limit: float | None = None, one_core: bool = False) -> dict:
    """The object on the last line that a command prints."""
    bind = stay_on_one_core if one_core else None
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit, preexec_fn=bind)
    lines = told.stdout.strip().splitlines()
    if told.returncode != 0 or not lines:
        return {"error": (told.stderr.strip().splitlines() or ["no output"])[-1]}
    return json.loads(lines[-1])


def sweep(python: Path, options: Namespace) -> dict:
    """W7: wall time from command line to last result; a third of the rounds, since each takes minutes."""
    rounds = max(1, options.rounds // 2)
    our_rounds: list[dict] = []
    times: dict[str, list[float]] = {name: [] for name in SWEEP_PEERS if name in options.peers}
    facts: dict[str, dict] = {}
    small = ["--runs", "2", "--steps", "25"] if options.quick else []
    for number in range(rounds):
        say(f"sweep-16: round {number + 1} of {rounds}")
        found = ours.measure("sweep-16", options)
        if found is not None:
            our_rounds.append(found)
        for name in times:
            start = time.perf_counter()
            facts[name] = last_json_line([python, HERE / "sweep.py", name, *small])
            if "error" in facts[name]:
                say(f"  {name}: {facts[name]['error']}")
            else:
                times[name].append(time.perf_counter() - start)
    peers = {
        name: facts[name] | ({"value": statistics.median(found), "values": found} if found else {})
        for name, found in times.items()
    }
    return {"workload": "sweep-16", "ours": middle(our_rounds), "peers": peers, "shortened": bool(small)}


def quality(task: str, python: Path, options: Namespace) -> dict:
    """W8 on one task: seconds of training until the target, the median seed; the literal method in the peers."""
    say(f"time-to-quality on {task}")
    found = ours.run_json(
        options, "--workload", "time-to-quality", "--task", task, "--side", "ours",
        "--seeds", str(options.quality_seeds), "--limit", str(options.quality_limit), one_core=True,
    )
    peers = {}
    for name in options.quality_peers.split(","):
        command = [python, HERE / "quality_peer.py", name, task, "--seeds", str(options.quality_seeds)]
        peers[name] = last_json_line([*command, "--limit", str(options.quality_limit)], one_core=True)
        say(f"  {name}: {peers[name].get('value') or peers[name].get('error') or 'censored'}")
    return {"workload": "time-to-quality", "task": task, "ours": found, "peers": peers}
