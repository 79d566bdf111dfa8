"""Extreme but valid specs: every run ends as completed or as failed with a reason, and no number is made up."""

import json
import math
import re
import shutil
import time

NAME = "R14"
TITLE = "no silently wrong number: null comes with a reason"
GOAL = 3000
SHARE = 8

# Runs of one sweep: configurations of the most different kinds at once, few enough that a violation is found in it.
RUNS = 6
LIMIT = 240
# (path, values beside the default): the ends of what the spec allows, kept small where they only cost time.
TRAINING = {
    "draws": [16, 17, 200], "batch": [1, 2, 40, 500], "steps": [0, 1, 2, 9, 40], "learningRate": [1e-300, 1e-9, 0.1, 10],
    "weightDecay": [0, 1], "beta1": [0, 0.9999], "beta2": [0, 0.999999], "gradientClip": [0, 1e-300, 1e9],
    "schedule": ["constant", "cosine"], "warmupSteps": [0, 1000], "finalLearningRateFraction": [0, 1],
    "averaging": [0, 1e-9, 1000], "validationFraction": [0, 1e-9, 0.5], "earlyStoppingPatience": [0, 1],
    "historyInterval": [1, 7, 1000], "stepsPerRound": [1, 3], "proposal": ["static", "fresh", "adaptive"],
    "weighting": ["pool", "batch"], "pruneBelow": [0, 0.1], "smoothing": ["none", "pareto"], "drawSequence": ["random", "quasi"],
    "poolOrder": ["drawn", "hilbert"], "poolEffectiveSize": [0, 1, 50], "defensiveShare": [1e-9, 1],
    "temperingTarget": [0, 1e-6, 1], "roundsKept": [1, 3], "candidates": [1, 2, 30], "includeGenerating": [True, False],
    "objective": ["likelihood-weighted", "maximum-likelihood", "amortised", "reverse-kl", "alpha-2"],
}
FLOW = {
    "coupling": ["affine", "spline"], "couplingLayers": [0, 1, 3, 32], "hiddenSizes": [[], [1], [8], [1, 1, 1, 1, 1, 1, 1, 1]],
    "logScaleLimit": [0.001, 10], "bins": [2, 64], "tailBound": [0.1, 100], "actNorm": [True, False],
    "mixing": ["rotation", "permutation", "lu", "none"], "box": ["none", "logit", "probit", "reject"],
    "contextShift": [True, False],
}
EVALUATION = {
    "samples": [100, 101], "kernelSamples": [2, 3, 50], "transportSamples": [1, 2, 30], "slicedSamples": [1, 2, 50],
    "slicedProjections": [1, 5], "c2stSamples": [10, 11, 60], "permutations": [1, 9], "correction": ["psis", "weights", "rejection"],
    "bandwidth": ["median", 1e-300, 1e6], "floorRepetitions": [2], "conditionalObservations": [20], "fixedSamples": [100],
}
GIVEN = {"name": "gmm", "components": 2, "init": "given"}


def attempt(context, result):
    maker = Maker(context)
    kinds = {}
    sweeps = 0
    while context.wants_more(result):
        sweeps += 1
        check(context, maker, sweeps, kinds, result)
    result.measured = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) + f"; longest run {maker.longest:.0f} s"


class Maker:
    """Random specs from the program's own description of what it allows."""

    def __init__(self, context):
        self.context = context
        self.random = context.random
        self.longest = 0
        self.tasks = self.describe("tasks")
        self.bases = self.describe("bases")
        self.metrics = [line.split()[0] for line in context.run("list", "metrics")[1].splitlines()]

    def describe(self, kind):
        found = {}
        for line in self.context.run("list", kind)[1].splitlines():
            name = line.split()[0]
            components = json.loads(self.context.run("describe", name, "--json")[1])["components"]
            found[name] = next(c for c in components if c["kind"] in ("task", "base"))["parameters"]
        return found

    def number(self, low, high, whole):
        random = self.random
        value = random.choice([low, high, low + (high - low) * random.random(), low * 1.0001 + 1e-12])
        return round(min(max(value, low), high)) if whole else min(max(value, low), high)

    def value(self, allowed):
        """One value that `allowed` (a sentence of `describe`) allows; None when the sentence is not understood."""
        if allowed == "true or false":
            return self.random.random() < 0.5
        if match := re.match(r"a list of (\d+) values, each (.*)", allowed):
            return [self.value(match[2]) for _ in range(int(match[1]))]
        if match := re.match(r"a list of (\d+) to (\d+) values, each (a whole number.*)", allowed):
            return [min(self.value(match[3]), 5) for _ in range(self.random.randint(int(match[1]), 3))]
        choices = re.findall(r'"([^"]*)"', allowed)
        if choices and self.random.random() < 0.6:
            return self.random.choice(choices)
        if match := re.match(r"a whole number from (-?[\d.]+) to (-?[\d.]+)", allowed):
            return self.number(int(match[1]), min(int(match[2]), 40), True)
        if match := re.match(r"a number from (-?[\d.e+-]+) to (-?[\d.e+-]+)", allowed):
            return self.number(float(match[1]), float(match[2]), False)
        return self.random.choice(choices) if choices else None

    def component(self, table):
        name = self.random.choice(sorted(table))
        chosen = {"name": name}
        for parameter in table[name]:
            if parameter["name"] in ("means", "standardDeviation") and table is self.bases or self.random.random() < 0.5:
                continue
            value = self.value(parameter["allowed"])
            if value is not None and value != "given":
                chosen[parameter["name"]] = value
        return chosen

    def some(self, table, share):
        return {key: self.random.choice(values) for key, values in table.items() if self.random.random() < share}

    def cell(self):
        base = self.component(self.bases)
        task = self.component(self.tasks)
        if self.random.random() < 0.1:
            base = {**GIVEN, "means": [[self.random.choice([0, 1e6, -1, 1e-300])] * 2] * 2,
                    "standardDeviation": self.random.choice([1e-300, 1, 1e6])}
        training = {"draws": 200, "batch": 20, "steps": 6, "historyInterval": 2, **self.some(TRAINING, 0.25)}
        return {"task": task, "base": base, "flow": {"hiddenSizes": [8], "couplingLayers": 2, **self.some(FLOW, 0.3)},
                "training": training}

    def spec(self):
        """A valid spec of one task with some cells, or of the first cell that the program takes."""
        evaluation = {
            "samples": 100, "kernelSamples": 50, "transportSamples": 30, "slicedSamples": 50, "slicedProjections": 5,
            "c2stSamples": 40, "permutations": 9, "floorRepetitions": 2, "conditionalObservations": 20, "fixedSamples": 100,
            **self.some(EVALUATION, 0.4), "metrics": self.random.sample(self.metrics, self.random.randint(0, 12))}
        cells = []
        for _ in range(4 * RUNS):
            if len(cells) < RUNS and (cell := self.mended(self.cell(), evaluation)):
                cells.append(cell)
        return cells, evaluation

    def mended(self, cell, evaluation):
        """The cell without the settings that `validate` says exclude each other; None when that does not mend it."""
        for _ in range(8):
            text = json.dumps({"name": "extreme", **cell, "evaluation": evaluation})
            status, output, errors = self.context.run("validate", self.context.write("one.json", text), "--json")
            if status == 0:
                return cell
            if status != 65:
                raise RuntimeError(f"validate exits {status}: {errors}\n{text}")
            for diagnostic in json.loads(output)["diagnostics"]:
                section, _, key = re.sub(r"\[.*", "", diagnostic["keyPath"]).partition(".")
                if section not in cell or cell[section].pop(key, None) is None:
                    return None
        return None


def check(context, maker, number, kinds, result):
    cells, evaluation = maker.spec()
    store = f"store-{number}"
    for index, cell in enumerate(cells):
        if index > 0 and not context.wants_more(result):
            break
        name = f"extreme-{index}"
        text = json.dumps({"name": name, **cell, "evaluation": evaluation})
        path = context.write(f"{name}.json", text)
        began = time.monotonic()
        status, _, errors = context.run("sweep", path, "--store", store, "-j", "1", "-q", timeout=LIMIT)
        maker.longest = max(maker.longest, time.monotonic() - began)
        result.trials += 1
        if "did not end" in errors:
            # Nothing is wrong with a number, but a person would think that it hangs.
            result.violated(f"not ended after {LIMIT} s: {text}")
        elif status not in (0, 1):
            result.violated(f"exit {status}: {text}: {errors[-500:]}")
        kinds[f"exit {status}"] = kinds.get(f"exit {status}", 0) + 1
    if not cells:
        return
    for outcome in inspect(context, store, result):
        kinds[outcome] = kinds.get(outcome, 0) + 1
    shutil.rmtree(context.path(store), ignore_errors=True)


def inspect(context, store, result):
    """Reads every run back; yields how each ended."""
    listed = strict(context.run("ls", "--store", store, "--json"), "ls", result)
    for run in (listed or {}).get("runs", []):
        shown = strict(context.run("show", run["id"], "--store", store, "--json"), "show", result) or {}
        configuration = json.dumps(shown.get("configuration"))
        yield shown.get("state", "nothing shown")
        if shown.get("state") == "failed":
            if not (shown.get("failureCode") and shown.get("failureMessage")):
                result.violated(f"failed without a reason: {configuration}")
        elif shown.get("state") != "completed":
            result.violated(f"ended as {shown.get('state')}: {configuration}")
        for name, metric in shown.get("metrics", {}).items():
            if metric.get("value") is None:
                yield "null metrics"
                if not metric.get("reason"):
                    result.violated(f"{name} is null without a reason: {configuration}")
            else:
                yield "metrics"
        if not run["state"] == "completed":
            continue
        text = context.run("show", run["id"], "--store", store)[1]
        for line in re.findall(r"(?i).*(?<![a-z])(?:nan|inf)(?![a-z]).*", text):
            # A reason may say what the result was.
            if "null:" not in line:
                result.violated(f"'show' prints NaN or an infinity as a number: {line!r}: {configuration}")
        status, output, errors = context.run("sample", run["id"], "--store", store, "--count", "20", "--with-logprob")
        if status != 0:
            result.violated(f"sample exits {status}: {errors} {configuration}")
        elif any(not math.isfinite(float(cell)) for line in output.splitlines()[1:] for cell in line.split(",")[:-1]):
            yield "runs with a draw that is not finite"
            if "not finite" not in errors:
                result.violated(f"sample writes draws that are not finite without a word: {configuration}")


def strict(outcome, what, result):
    """JSON as RFC 8259 has it: NaN and Infinity are no numbers."""
    status, output, errors = outcome
    if status != 0:
        return result.violated(f"{what} exits {status}: {errors[-500:]}")

    def refuse(word):
        raise ValueError(f"{word} in JSON")

    try:
        return json.loads(output, parse_constant=refuse)
    except ValueError as error:
        return result.violated(f"{what}: {error}: {output[:300]}")
