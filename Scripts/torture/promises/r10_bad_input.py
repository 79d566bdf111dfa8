"""Bad input of every kind: random command lines on the program, and the parsers' own fuzz tests in process."""

import os
import re
import shutil
import struct
import subprocess

import hostile

NAME = "R10"
TITLE = "bad input is refused, never a trap"
GOAL = 10_000
SHARE = 6.5

DOCUMENTED = {0, 1, 64, 65, 66, 69, 73, 74, 75, 77}
# Options that never end by themselves or measure for minutes; everything else is taken from the program's help.
LEFT_OUT = {"--watch", "--help", "--version"}
LONG_COMMANDS = {"bench"}
VARIABLES = ["FLOWEXP_STORE", "FLOWEXP_ISA", "FLOWEXP_CHECKPOINT_SECONDS", "FLOWEXP_PIN", "NO_COLOR", "TERM", "HOME", "LANG",
             "COLUMNS", "TMPDIR", "TZ"]
LIMIT = 60
# Good command lines to spoil; words in capitals stand for values.
SHAPES = [
    ["validate", "FILE"], ["validate", "FILE", "--json"], ["sweep", "FILE", "--dry-run", "--store", "good"],
    ["sweep", "FILE", "--store", "good", "--timeout", "3s", "--limit", "2", "-j", "1"], ["metric", "METRIC", "FILE", "FILE"],
    ["metric", "METRIC", "points.csv", "FILE", "--set", "TEXT"], ["metric", "METRIC", "points.csv", "points.npy", "--limit", "TEXT"],
    ["sample", "RUN", "--store", "good", "--count", "TEXT"], ["sample", "RUN", "--store", "good", "--observation", "TEXT"],
    ["logprob", "RUN", "FILE", "--store", "good"], ["logprob", "RUN", "points.csv", "--observations", "FILE", "--store", "good"],
    ["show", "RUN", "--store", "good"], ["logs", "TEXT", "--store", "good"], ["ls", "--where", "TEXT", "--store", "good"],
    ["report", "--metric", "METRIC", "--store", "good", "--by", "TEXT"], ["report", "--metric", "kl", "--store", "good", "--baseline", "TEXT"],
    ["status", "TEXT", "--store", "good"], ["evaluate", "tiny", "--metric", "METRIC", "--store", "good"], ["describe", "TEXT"],
    ["export", "RUN", "--output", "TEXT", "--store", "good"], ["store", "digest", "--store", "TEXT"], ["list", "TEXT"],
    ["sample", "RUN", "--store", "good", "--count", "3", "--output", "TEXT"], ["resume", "TEXT", "--store", "good", "--limit", "1"],
]
# Inputs for the tests in process: in all about a hundred times this.
FUZZ_ENVIRONMENT = "FLOWEXP_FUZZ_SCALE"

SPEC = b"""{
  "name": "tiny", // two runs of three steps
  "task": {"name": "ring", "modes": 4}, "flow": {"hiddenSizes": [4], "couplingLayers": 1},
  "training": {"steps": 3, "batch": 8, "draws": 64, "historyInterval": 1},
  "evaluation": {"metrics": ["kl"], "samples": 100},
  "sweep": {"base": ["gaussian", {"name": "gmm", "components": 2}]},
}
"""


def attempt(context, result):
    place = Place(context)
    while context.wants_more(result):
        arguments, variables, stdin = place.command()
        place.check(arguments, variables, stdin, result)
        result.trials += 1
        if result.trials % 200 == 0:
            place.renew()
    statuses = ", ".join(f"{count}x exit {status}" for status, count in sorted(place.statuses.items()))
    inputs = in_process(context, result)
    result.measured = f"{inputs:,} inputs in process; command lines: {statuses}"


class Place:
    """A directory with a small store and good and bad files, and the commands that are tried there."""

    def __init__(self, context):
        self.context = context
        self.random = context.random
        self.statuses = {}
        self.options = {}
        top = context.run("--help")[1]
        names = re.findall(r"^  ([a-z-]+) {2,}", top.split("SUBCOMMANDS:")[1], re.M)
        self.commands = [[name] for name in names] + [["help"]]
        for name in names:
            text = context.run(name, "--help")[1]
            if "SUBCOMMANDS:" in text:
                self.commands += [[name, sub] for sub in re.findall(r"^  ([a-z-]+) {2,}", text.split("SUBCOMMANDS:")[1], re.M)]
        for command in self.commands:
            text = context.run(*command, "--help")[1]
            self.options[tuple(command)] = sorted(set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text.split("USAGE:")[-1])) - LEFT_OUT)
        context.write("tiny.json", SPEC.decode())
        status, _, errors = context.run("sweep", "tiny.json", "--store", "good", "-q")
        if status != 0:
            raise RuntimeError(f"the tiny sweep exits {status}: {errors}")
        self.run_id = context.run("ls", "--store", "good", "--json")[1].split('"id":')[1].split('"')[1]
        shutil.copytree(context.path("good"), context.path("kept"))
        self.renew()

    def renew(self):
        """Fresh inputs, so that what commands made does not pile up."""
        context = self.context
        for name in os.listdir(context.directory):
            if name in ("kept",):
                continue
            path = context.path(name)
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
        shutil.copytree(context.path("kept"), context.path("good"))
        points = b"theta0,theta1\n" + b"".join(b"%f,%f\n" % (i, -i) for i in range(20))
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }".ljust(117) + b"\n"
        array = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack("<6d", *range(6))
        self.files = []
        for name, seed in [("spec.json", SPEC), ("points.csv", points), ("points.npy", array)]:
            self.put(name, seed)
            for i in range(30):
                self.put(f"bad{i}-{name}", hostile.mutated(self.random, seed))
        self.put("empty", b"")
        self.put("zeros", bytes(100_000))
        os.makedirs(context.path("a directory"))
        self.files += ["a directory", "missing", "/dev/null", "good", "good/flowexp.sqlite", "/proc/self/mem", "-"]

    def put(self, name, data):
        with open(self.context.path(name), "wb") as file:
            file.write(data)
        self.files.append(name)

    def value(self):
        random = self.random
        kind = random.randrange(6)
        if kind == 0:
            return random.choice(self.files)
        if kind == 1:
            return self.run_id[:random.randint(0, 64)]
        if kind == 2:
            return random.choice(["tiny", "kl", "ring", "two-moons", "gmm", "json", "good", "seed=0", "3", "1,0.5"])
        return hostile.text(random)

    def command(self):
        """Arguments, variables and the file for standard input."""
        random = self.random
        if random.random() < 0.05:
            return [self.value() for _ in range(random.randint(0, 4))], {}, None
        if random.random() < 0.6:
            return self.spoiled(), {}, random.choice([None, "points.csv", "bad3-points.csv"])
        command = random.choice(self.commands)
        arguments = list(command)
        for _ in range(random.choice([0, 1, 1, 2, 2, 3, 5])):
            options = self.options[tuple(command)]
            if random.random() < 0.5 and options:
                arguments.append(random.choice(options))
                if random.random() < 0.7:
                    arguments.append(self.value())
            elif random.random() < 0.1:
                arguments.append("--" + hostile.text(random)[:50])
            else:
                arguments.append(self.value())
        if command[0] in LONG_COMMANDS:
            arguments += ["--workload", hostile.text(random)[:50]]
        elif random.random() < 0.6:
            arguments += ["--store", random.choice(["good", "good", "missing", "spec.json", hostile.text(random)])]
        if random.random() < 0.3 and command[0] != "help":
            arguments.append("--json")
        # The whole command line has a limit of its own.
        arguments = [argument.replace("\0", "")[:120_000] for argument in arguments]
        variables = {}
        if random.random() < 0.3:
            variables[random.choice(VARIABLES)] = hostile.text(random)[:50_000]
        return arguments, variables, random.choice([None, None, "points.csv", "zeros", "bad3-points.csv"])

    def spoiled(self):
        """A command line of the right shape with some values that are wrong."""
        random = self.random
        values = {
            "FILE": lambda: random.choice(self.files), "TEXT": lambda: hostile.text(random)[:100_000], "RUN": lambda: self.run_id,
            "METRIC": lambda: random.choice(["mmd", "energy", "sliced-w2", "w2", "kl", "c2st", hostile.text(random)[:300]]),
        }
        return [values[word]() if word in values else word for word in random.choice(SHAPES)]

    def check(self, arguments, variables, stdin, result):
        context = self.context
        before = self.listing()
        options = {"stdin": open(context.path(stdin), "rb")} if stdin else {}
        try:
            status, output, errors = context.run(*arguments, variables=variables, timeout=LIMIT, **options)
        except (UnicodeEncodeError, OSError) as error:
            # Python would not start it: nothing was tried.
            return print(f"  not started: {error}")
        finally:
            for file in options.values():
                file.close()
        self.statuses[status] = self.statuses.get(status, 0) + 1
        shown = f"flowexp {' '.join(repr(a[:200]) for a in arguments)} {variables} <{stdin}"
        if "did not end" in errors:
            result.violated(f"{shown}: not ended after {LIMIT} s")
        elif status < 0:
            result.violated(f"{shown}: ended by signal {-status}: {errors[-300:]}")
        elif status not in DOCUMENTED:
            result.violated(f"{shown}: exit {status}: {errors[:300]}")
        # `validate --json` says what is wrong in its data.
        if status in DOCUMENTED - {0, 1} and not errors.strip() and not (status == 65 and output):
            result.violated(f"{shown}: exit {status} without a word")
        if status == 64 and output:
            result.violated(f"{shown}: a usage error with {len(output)} characters of output")
        if len(errors) > 300_000:
            result.violated(f"{shown}: {len(errors)} characters of errors")
        if re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", errors):
            result.violated(f"{shown}: control characters in the errors: {errors[:200]!r}")
        if status == 64 and (new := self.listing() - before):
            result.violated(f"{shown}: a usage error made {sorted(new)[:3]}")

    def listing(self):
        return {os.path.join(root, name) for root, folders, files in os.walk(self.context.directory)
                for name in folders + files if not name.endswith(("-journal", "store.lock"))}


def in_process(context, result):
    """The fuzz tests of the Swift parsers, as many inputs as the time of this promise is worth."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    scale = max(1, min(200, round(context.seconds / 10)))
    process = subprocess.run(
        ["swift", "test", "-c", "release", "--skip-build", "--filter", "FuzzTests"], cwd=root,
        env=context.environment(**{FUZZ_ENVIRONMENT: scale}), capture_output=True, text=True, errors="replace",
        check=False)
    counts = re.findall(r"^fuzz: (\S+) (\d+) inputs", process.stdout, re.M)
    if process.returncode != 0 or not counts:
        if "no tests" in process.stdout + process.stderr or not counts and "skip-build" in process.stderr:
            result.skipped = "in process: the tests are not built (swift build -c release --build-tests)"
        else:
            result.violated(f"the fuzz tests exit {process.returncode}: {(process.stdout + process.stderr)[-2000:]}")
    return sum(int(count) for _, count in counts)
