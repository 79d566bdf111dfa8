"""Peers kept alive between rounds: each prepared and compiled once, then measured when it is its turn."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from driver.environment import HERE, say
from driver.machine import stay_on_one_core


class PeerServer:
    """A running peer.py --serve."""

    def __init__(self, python: Path, peer: str, workload: str) -> None:
        self.peer = peer
        self.error: str | None = None
        self.results: list[dict] = []
        self.process = subprocess.Popen(
            [python, HERE / "peer.py", peer, workload, "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=stay_on_one_core,
        )
        self._read("ready")

    def _read(self, wanted: str | None = None) -> str | None:
        line = self.process.stdout.readline()
        if line and (wanted is None or line.strip() == wanted):
            return line
        self.process.kill()
        lines = self.process.communicate()[1].strip().splitlines()
        self.error = lines[-1] if lines else "ended without a word"
        say(f"  {self.peer}: {self.error}")
        return None

    def measure(self, seconds: float) -> None:
        """One more result, if this peer is alive."""
        if self.error is None:
            self.process.stdin.write(f"{seconds}\n")
            self.process.stdin.flush()
            line = self._read()
            if line is not None:
                self.results.append(json.loads(line))

    def close(self) -> None:
        """Ends the process."""
        if self.error is None:
            self.process.stdin.close()
            self.process.wait()
