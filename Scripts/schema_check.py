"""Compares `flowexp schema` with specs, by an independent validator (python3 with jsonschema).

    python3 Scripts/schema_check.py .build/release/flowexp

The schema is valid draft 2020-12; every experiment of experiments/ is valid by it; each of the mistakes below is refused by
it and by `flowexp validate` alike.
"""

import copy
import json
import os
import re
import subprocess
import sys
import tempfile

from jsonschema import Draft202012Validator

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
GOOD = {
    "$schema": "./flowexp.schema.json", "name": "good", "description": "", "task": {"name": "ring", "modes": 4},
    "base": "gmm", "flow": {"couplingLayers": 2}, "training": {"steps": 10, "batch": 32.0},
    "evaluation": {"samples": 1000},
    "sweep": {"base.components": [1, "match", "auto"], "flow.hiddenSizes": [[16], [16, 16]], "seeds": [0, 2]},
    "zip": [{"training.draws": [1000, 2000], "training.learningRate": [0.001, 0.002]}],
    "include": [{"base": {"name": "gaussian"}, "training.steps": 20}],
    "exclude": [{"base.components": 1, "training.draws": 1000}],
}


def edited(*path, value):
    """GOOD with another value at a path."""
    spec = copy.deepcopy(GOOD)
    place = spec
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return spec


MISTAKES = {
    "no name": {key: value for key, value in GOOD.items() if key != "name"},
    "a name with a slash": edited("name", value="a/b"),
    "an unknown key": edited("tasks", value="ring"),
    "an unknown task": edited("task", value="rings-of-saturn"),
    "an unknown parameter": edited("task", "mods", value=4),
    "a parameter of another task": edited("task", value={"name": "two-moons", "modes": 4}),
    "a number out of range": edited("flow", "couplingLayers", value=-1),
    "a fraction for a whole number": edited("training", "steps", value=1.5),
    "a text for a number": edited("training", "learningRate", value="fast"),
    "a list for a number in the fixed part": edited("training", "steps", value=[1, 2]),
    "an axis that is no list": edited("sweep", "base.components", value=3),
    "an empty axis": edited("sweep", "base.components", value=[]),
    "an axis of an unknown path": edited("sweep", "base.componnets", value=[1]),
    "an unknown word": edited("sweep", "base.components", value=["matched"]),
    "seeds below 1": edited("sweep", "seeds", value=0),
    "a seed below 0": edited("sweep", "seeds", value=[-1]),
    "a seed twice": edited("sweep", "seeds", value=[1, 1]),
    "a cell that is no object": edited("exclude", value=["base"]),
    "an empty cell": edited("include", value=[{}]),
    "zip without a list": edited("zip", value={"training.draws": [1000]}),
    "an unknown evaluation setting": edited("evaluation", "sample", value=10),
    "a description that is no text": edited("description", value=3),
    "a schema that is no text": edited("$schema", value=3),
}


def without_comments(text):
    """JSON from a spec: comments and trailing commas removed, strings left alone."""
    token = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
    text = token.sub(lambda match: match.group() if match.group().startswith('"') else " ", text)
    comma = re.compile(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])')
    return comma.sub(lambda match: match.group() if match.group().startswith('"') else "", text)


def main():
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else ".build/release/flowexp")
    schema = json.loads(subprocess.run([program, "schema", "-q"], check=True, capture_output=True).stdout)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    failures = []

    folder = os.path.join(ROOT, "experiments")
    names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            spec = json.loads(without_comments(file.read()))
        failures += [f"{name}: {error.json_path}: {error.message}" for error in validator.iter_errors(spec)]

    def is_valid(spec):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(spec, file)
            file.flush()
            return subprocess.run([program, "validate", file.name], capture_output=True).returncode == 0

    failures += [f"the good spec: {error.json_path}: {error.message}" for error in validator.iter_errors(GOOD)]
    if not is_valid(GOOD):
        failures.append("the good spec is refused by flowexp validate")
    for what, spec in MISTAKES.items():
        if validator.is_valid(spec):
            failures.append(f"{what}: valid by the schema")
        if is_valid(spec):
            failures.append(f"{what}: accepted by flowexp validate")
    print(f"{len(names)} experiments and {len(MISTAKES)} mistakes against the schema")
    print("\n".join(failures) if failures else "all as it should be")
    sys.exit(1 if failures else 0)


main()
