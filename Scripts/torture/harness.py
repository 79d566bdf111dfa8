"""What every promise's file shares: running the program, counting trials, the table, the ledger of counts."""

import hashlib
import json
import os
import random
import subprocess
import time
import traceback
from dataclasses import dataclass, field


def fresh_seed():
    return random.SystemRandom().randrange(1 << 32)


@dataclass
class Result:
    """What came of one promise: `trials` tried, `violations` one sentence each, `skipped` why it could not be tried (all of
    it or part), `measured` one line of figures for the table."""

    trials: int = 0
    violations: list = field(default_factory=list)
    skipped: str = ""
    measured: str = ""

    def violated(self, sentence):
        self.violations.append(sentence)
        print(f"  VIOLATION: {sentence}", flush=True)


@dataclass
class Context:
    """Where and how long a promise is tried. `directory` is its own and is removed afterwards."""

    program: str
    directory: str
    seed: str
    seconds: float
    goal: int

    def __post_init__(self):
        self.program = os.path.abspath(self.program)
        self.random = random.Random(self.seed)
        self.deadline = time.monotonic() + self.seconds
        os.makedirs(self.directory, exist_ok=True)

    def wants_more(self, result):
        """Whether another trial is due: the goal is not reached and time is left. The first is always due."""
        return result.trials == 0 or (result.trials < self.goal and time.monotonic() < self.deadline)

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def environment(self, **variables):
        """This process's variables without any of flowexp's, and `variables`."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("FLOWEXP_")}
        return {**kept, **{key: str(value) for key, value in variables.items()}}

    def start(self, *arguments, variables=None, prefix=(), **options):
        """The program, started; `prefix` is a command that wraps it (strace, faketime)."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
        return subprocess.Popen(
            [*prefix, self.program, *map(str, arguments)], cwd=self.directory,
            env=self.environment(**(variables or {})), **options)

    def run(self, *arguments, variables=None, prefix=(), timeout=600, **options):
        """The program, run to its end: (exit status, standard output, standard error); negative status: a signal's."""
        process = self.start(*arguments, variables=variables, prefix=prefix, **options)
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
            errors += b"\n(killed by the harness: it did not end)"
        return process.returncode, text(output), text(errors)

    def digest(self, store, verify=True):
        """The store's digest; an exception with the program's words when there is none."""
        status, output, errors = self.run("store", "digest", *(["--verify"] if verify else []), "--store", store)
        if status != 0:
            raise RuntimeError(f"store digest exits {status}: {errors.strip()}")
        return output.strip()


def text(data):
    return (data or b"").decode("utf-8", "replace")


def attempt(promise, context):
    """Tries a promise; an exception of its own code is a violation, never silence."""
    print(f"{promise.NAME}  {promise.TITLE}  (goal {context.goal}, at most {context.seconds:.0f} s)", flush=True)
    began = time.monotonic()
    result = Result()
    try:
        promise.attempt(context, result)
    except Exception:
        result.violated(f"the trial itself failed: {traceback.format_exc(limit=4)}")
    result.seconds = time.monotonic() - began
    return result


class Ledger:
    """Counts over several runs with the same program text."""

    PATH = ".build/torture-ledger.json"

    def __init__(self, program):
        with open(program, "rb") as file:
            self.key = hashlib.sha256(file.read()).hexdigest()[:16]
        try:
            with open(self.PATH, encoding="utf-8") as file:
                self.counts = json.load(file)
        except (OSError, ValueError):
            self.counts = {}

    def add(self, results):
        counts = self.counts.setdefault(self.key, {})
        for promise, result in results:
            counts[promise.NAME] = counts.get(promise.NAME, 0) + result.trials
        os.makedirs(os.path.dirname(self.PATH), exist_ok=True)
        with open(self.PATH, "w", encoding="utf-8") as file:
            json.dump(self.counts, file, indent=1)

    def total(self, name):
        return self.counts.get(self.key, {}).get(name, 0)


def table(results, ledger):
    rows = [("", "promise", "trials", "violations", "so far", "seconds", "measured")]
    for promise, result in results:
        note = result.measured + (f" SKIPPED: {result.skipped}" if result.skipped else "")
        rows.append((
            promise.NAME, promise.TITLE, str(result.trials), str(len(result.violations)),
            f"{ledger.total(promise.NAME)}/{promise.GOAL}", f"{result.seconds:.0f}", note.strip()))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[6]]).rstrip() for row in rows]
    return "\n" + "\n".join(lines)
