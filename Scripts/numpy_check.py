"""Compares flowexp with NumPy: python3 Scripts/numpy_check.py .build/release/flowexp   (make numpy-check)

In a temporary store it trains small flows of every kind of layer and base, exports them, and evaluates them with
docs/logprob_numpy.py. Then it reads flowexp's npy and csv with NumPy and the other way round, and compares `metric mmd`.
Ends with 1 when anything disagrees.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np

program = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "docs"))
import logprob_numpy

SPEC = {
    "name": "numpy_check",
    "task": "two-moons",
    "flow": {"hiddenSizes": [16, 16], "couplingLayers": 3},
    "training": {"steps": 200, "batch": 128, "draws": 50000},
    "evaluation": {"metrics": ["leakage"], "samples": 500, "floorRepetitions": 2},
    "sweep": {
        "base": [
            "gaussian", {"name": "gmm", "components": 3}, {"name": "gmm", "components": 2, "covariance": "diagonal"},
            "student-t", "uniform", "resampled",
        ],
        "seeds": 1,
    },
    "include": [
        {"flow.coupling": "spline", "base": "gmm"}, {"flow.mixing": "lu"}, {"flow.mixing": "permutation"},
        {"flow.mixing": "none", "flow.actNorm": False}, {"flow.box": "logit"}, {"flow.box": "probit"},
        {"flow.box": "reject"},
        {"task": "quadratic-3d", "base": "gmm", "flow.mixing": "lu"},
        {"task": "quadratic-3d", "flow.coupling": "spline", "flow.mixing": "permutation"},
        {"flow.couplingLayers": 0},
        {"task": "quadratic-2d", "training.objective": "amortised", "base": "gmm", "base.components": 3},
        {"task": "quadratic-2d", "training.objective": "amortised", "base": "conditional-gmm", "base.components": 3},
        {"task": "quadratic-2d", "training.objective": "amortised", "base": "gmm", "flow.box": "reject"},
    ],
}
failures = 0


def check(what, agrees):
    global failures
    failures += not agrees
    print(("ok    " if agrees else "WRONG ") + what)


def flowexp(*arguments):
    return subprocess.run([program, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def compare(what, ours, theirs):
    """log q of the same points, relative to max(1, |log q|)."""
    finite = np.isfinite(ours)
    worst = np.max(np.abs(ours[finite] - theirs[finite]) / np.maximum(1, np.abs(ours[finite])))
    check(f"{what}: {len(ours)} points within {worst:.1e}", np.array_equal(ours[~finite], theirs[~finite]) and worst < 1e-9)


with tempfile.TemporaryDirectory() as place:
    os.chdir(place)
    json.dump(SPEC, open("spec.json", "w"))
    flowexp("sweep", "spec.json", "-q")
    rng = np.random.default_rng(0)
    for run in json.loads(flowexp("ls", "--json"))["runs"]:
        name = run["id"][:16]
        flowexp("export", name, "--output", name, "-q")
        config = json.load(open(name + "/configuration.json"))
        parameters = logprob_numpy.read_safetensors(name + "/parameters.safetensors")
        d = config["dimension"]
        flowexp("sample", name, "--count", "5000", "--with-logprob", "--output", "q.npy", "--force", "-q")
        draws = np.load("q.npy")
        kinds = sorted({layer["kind"] for layer in config["layers"]})
        label = f"{name} {run['task']} {config['base']['kind']} {'+'.join(kinds)}"
        compare(label + " draws", draws[:, d], logprob_numpy.log_q(config, parameters, draws[:, :d]))
        # Where q is small, outside the box too.
        wide = rng.uniform(-4, 4, (2000, d))
        np.save("wide.npy", wide)
        flowexp("logprob", name, "wide.npy", "--output", "logq.npy", "--force", "-q")
        compare(label + " box", np.load("logq.npy"), logprob_numpy.log_q(config, parameters, wide))

        if config["contextDimension"]:
            x = [1.0, 0.5]
            flowexp("logprob", name, "wide.npy", "--observation", "1,0.5", "--output", "logq.npy", "--force", "-q")
            ours = np.load("logq.npy")
            if "box" in config:
                # Q(box|x) is exported for the run's own x only: here the two differ by that constant.
                with warnings.catch_warnings(record=True) as notes:
                    warnings.simplefilter("always")
                    theirs = logprob_numpy.log_q(config, parameters, wide, x)
                shift = np.median(ours[np.isfinite(ours)] - theirs[np.isfinite(ours)])
                check(f"{label}: a warning at another x", len(notes) == 1 and 0 <= shift < -np.log(config["box"]["leastAcceptance"]))
                compare(label + " x = 1,0.5 but for Q(box|x)", ours, theirs + shift)
                continue
            compare(label + " x = 1,0.5", ours, logprob_numpy.log_q(config, parameters, wide, x))
            each = rng.uniform(0, 5, (len(wide), 2))
            np.save("pairs.npy", np.hstack([wide, each]))
            flowexp("logprob", name, "pairs.npy", "--output", "logq.npy", "--force", "-q")
            compare(label + " an x in each row", np.load("logq.npy"), logprob_numpy.log_q(config, parameters, wide, each))

    flowexp("sample", name, "--count", "3000", "--output", "a.csv", "-q")
    flowexp("sample", name, "--count", "3000", "--output", "a.npy", "-q")
    a = np.load("a.npy")
    check("csv and npy hold the same numbers", np.array_equal(a, np.loadtxt("a.csv", delimiter=",", skiprows=1)))
    np.savetxt("text.txt", a, header="as NumPy writes it")
    for order in "CF":
        np.save("b.npy", np.array(a.astype(np.float32), order=order))
        check(f"logprob reads NumPy's files ({order})", flowexp("logprob", name, "b.npy", "-q") == flowexp("logprob", name, "text.txt", "-q"))

    a, b = a[:700], rng.normal(0, 1.5, (500, a.shape[1]))
    np.save("a.npy", a)
    np.savetxt("b.csv", b, delimiter=",", fmt="%.17g")

    def squares(x, y):
        return ((x[:, None] - y[None]) ** 2).sum(-1)

    upper = np.triu_indices(len(a), 1)
    m = np.median(np.sqrt(squares(a, a)[upper]))
    kernel = lambda s: np.mean([np.exp(-s / (2 * (m * f) ** 2)) for f in (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)], axis=0)
    lower = np.triu_indices(len(b), 1)
    expected = kernel(squares(a, a)[upper]).mean() + kernel(squares(b, b)[lower]).mean() - 2 * kernel(squares(a, b)).mean()
    found = json.loads(flowexp("metric", "mmd", "a.npy", "b.csv", "--json"))["value"]
    check(f"mmd {found} against NumPy's {expected}", abs(found - expected) < 1e-12)

sys.exit(1 if failures else 0)
