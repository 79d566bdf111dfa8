#!/usr/bin/env python3
"""How good is the time left that `flowexp sweep` shows?

    python3 Scripts/eta_check.py .build/release/flowexp experiments/gmm_vs_gauss.json [-j 2] [--resume-at 0.4] [--status]

Runs the sweep in a temporary store on a pseudo-terminal, reads every ETA that it draws, and afterwards compares
(time since the start + ETA) with the time that the whole took, at 20, 40, 60 and 80 % of that time and of the runs.
Two clocks: seconds, and seconds of processor time that the sweep had. The second leaves out that other programs slowed
it down more at one time than at another (an ETA says how long it takes at the speed so far); on an idle machine
the two agree. `--resume-at F` first runs the sweep until the share F of its runs is done, stops it with SIGINT and measures
the command that goes on. `--status` also reads `status --json` from outside, twice a second.
Exit code 1 when an error by seconds at 20, 40, 60 or 80 % of the work is outside ±25 %: run it where nothing else runs. Without a spec: built-in cases.
"""
import argparse
import json
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

MARKS = (0.2, 0.4, 0.6, 0.8)
TOLERANCE = 0.25
DRAWN = re.compile(rb"(\d[\d ]*)/(\d[\d ]*)  \d+%   [^\r\n]*?(?:ETA (?P<eta>[0-9dhms]+))?(?=[\r\n])")


def spec(name, tasks, steps, seeds, layers=4, metrics=None):
    """A sweep whose runs differ in length: `steps` in the order given."""
    evaluation = {"metrics": metrics} if metrics else {}
    return {
        "name": name, "flow": {"couplingLayers": layers, "hiddenSizes": [32, 32]}, "evaluation": evaluation,
        "sweep": {"task": tasks, "training.steps": steps, "seeds": seeds},
    }


CASES = [
    ("tasks, bases and depths", {
        "name": "families", "flow": {"hiddenSizes": [32, 32]}, "training": {"steps": 1000},
        "sweep": {"task": ["two-moons", "quadratic-3d", "gmm40"], "base": ["gaussian", "gmm"],
                  "flow.couplingLayers": [2, 8], "seeds": 3}}, []),
    ("steps, short first", spec("ascending", ["two-moons"], [500, 2000, 8000], 4), []),
    ("steps, long first", spec("descending", ["two-moons"], [8000, 2000, 500], 4), []),
    ("steps, short first, -j 1", spec("ascending", ["two-moons"], [250, 1000, 4000], 4), ["-j", "1"]),
    ("cheap, then dear evaluation", spec("evaluations", ["corners", "slcp"], [1000], 12), []),
    ("dear, then cheap evaluation", spec("evaluations", ["slcp", "corners"], [1000], 12), []),
    ("resumed in its middle", spec("resumed", ["ring", "two-moons"], [500, 2000], 5), ["--resume-at", "0.4"]),
]


def seconds(text):
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([dhms])", text))


class Sweep:
    """One execution of the sweep on a pseudo-terminal, and what it drew when."""

    def __init__(self, program, spec_path, store, workers):
        self.samples = []  # (seconds since the start, runs done, runs, ETA or None, processor time)
        self.tail = b""
        arguments = [program, "sweep", spec_path, "--store", store] + (["-j", workers] if workers else [])
        self.began = time.monotonic()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", COLUMNS="120")
            os.environ.pop("NO_COLOR", None)
            os.execv(program, arguments)
        import fcntl
        import struct
        import termios
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))

    def read(self, stop_at=None):
        """Reads to the end; at the share `stop_at` of the runs it interrupts the sweep. Returns the exit status."""
        stopped = False
        while True:
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                break
            if not data:
                break
            now = time.monotonic() - self.began
            text = self.tail + data
            for match in DRAWN.finditer(text):
                done, total = (int(match.group(i).replace(b" ", b"")) for i in (1, 2))
                eta = match.group("eta")
                self.samples.append((now, done, total, seconds(eta.decode()) if eta else None, self.processor_time()))
                if stop_at is not None and not stopped and done >= stop_at * total:
                    stopped = True
                    os.kill(self.pid, signal.SIGINT)
            self.tail = text[text.rfind(b"\n") + 1:]
        self.total = time.monotonic() - self.began
        _, status, used = os.wait4(self.pid, 0)
        self.processor_total = used.ru_utime + used.ru_stime
        return os.waitstatus_to_exitcode(status)

    def processor_time(self):
        try:
            with open(f"/proc/{self.pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watch_status(program, store, sweep, samples, end):
    while not end.wait(0.5):
        result = subprocess.run([program, "status", "--json", "--store", store], capture_output=True, text=True)
        try:
            shown = json.loads(result.stdout)["sweeps"][0]
        except (ValueError, IndexError):
            continue
        done = shown["counts"]["completed"] + shown["counts"]["failed"]
        samples.append((time.monotonic() - sweep.began, done, shown["total"], shown["secondsLeft"], sweep.processor_time()))


def judge(samples, sweep, label):
    """Prints the errors of the predicted total; returns whether those by seconds at shares of the work are inside the tolerance."""
    first = samples[0][1] if samples else 0
    rows = []
    for at, done, runs, eta, used in samples:
        if eta is None or at <= 0:
            continue
        by_clock = (at + eta) / sweep.total - 1
        by_processor = (used + eta * used / at) / sweep.processor_total - 1
        rows.append((used / sweep.processor_total, (done - first) / max(1, runs - first), by_clock, by_processor))
    worst = 0.0
    for kind, share in (("of the work", 0), ("of the runs", 1)):
        for clock, error in (("seconds", 2), ("processor", 3)):
            line = []
            for mark in MARKS:
                after = [row for row in rows if row[share] >= mark]
                line.append(f"{mark:.0%} {after[0][error]:+6.1%}" if after else f"{mark:.0%}      –")
                if after and error == 2 and share == 0:
                    worst = max(worst, abs(after[0][error]))
            print(f"    {label:6} {kind}, {clock:9}  " + "   ".join(line))
    after = [row[2] for row in rows if row[0] >= 0.2]
    if not after:
        print(f"    {label:6} no ETA was shown after 20 % of the work")
        return False
    inside = sum(abs(error) <= TOLERANCE for error in after) / len(after)
    print(f"    {label:6} after 20 %: {inside:.0%} of {len(after)} drawings inside ±25 %, {min(after):+.1%} … {max(after):+.1%}")
    return worst <= TOLERANCE


def measure(program, spec_path, workers, resume_at, status):
    with tempfile.TemporaryDirectory(prefix="flowexp-eta-") as folder:
        store = os.path.join(folder, "runs")
        if resume_at is not None:
            Sweep(program, spec_path, store, workers).read(stop_at=resume_at)
        sweep = Sweep(program, spec_path, store, workers)
        end, outside = threading.Event(), []
        if status:
            watcher = threading.Thread(target=watch_status, args=(program, store, sweep, outside, end))
            watcher.start()
        code = sweep.read()
        if status:
            end.set()
            watcher.join()
        if code != 0:
            sys.exit(f"the sweep ended with {code}")
        print(f"    {sweep.samples[-1][2]} runs, {sweep.total:.1f} s, {sweep.processor_total:.1f} s of processor time, load {os.getloadavg()[0]:.1f}")
        good = judge(sweep.samples, sweep, "sweep")
        if status:
            good = judge(outside, sweep, "status") and good
        return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("spec", nargs="?")
    parser.add_argument("-j", dest="workers")
    parser.add_argument("--resume-at", type=float)
    parser.add_argument("--status", action="store_true")
    parser.add_argument("--case", help="of the built-in cases only those whose name contains this")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    if options.spec:
        print(options.spec)
        return 0 if measure(program, options.spec, options.workers, options.resume_at, options.status) else 1
    good = True
    for name, content, extra in CASES:
        if options.case and options.case not in name:
            continue
        case = parser.parse_args([program, "-"] + extra)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(content, file)
            file.flush()
            print(name, flush=True)
            good = measure(program, file.name, case.workers, case.resume_at, options.status) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
