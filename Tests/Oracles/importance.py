"""Values for ImportanceTests and ParetoSmoothingTests: writes importance.json next to this file.

    pip install numpy 'arviz<1' && python Tests/Oracles/importance.py

arviz.psislw (smoothed log weights and shape) on tables of log weights, with ties, zeros and short tails among them.
Nothing here shares code with flowexp.
"""
import json
import pathlib
import warnings

import numpy as np

warnings.simplefilter("ignore")
import arviz  # noqa: E402

generator = np.random.default_rng(20251127)
exponential = generator.standard_exponential


def number(value):
    return None if np.isneginf(value) else float(value)


tables = []
for name, weights in [
    ("light tail", 0.5 * generator.standard_normal(400)),
    ("shape .9", 0.9 * exponential(400)),
    ("shape .3, many", 0.3 * exponential(800)),
    ("shape 1.5", 1.5 * exponential(300)),
    ("bounded", -0.5 * generator.standard_normal(500) ** 2),
    ("offset", 1000 + generator.standard_normal(200)),
    ("tiny", -800 + 2 * generator.standard_normal(120)),
    ("a third are zero", np.where(generator.random(300) < 0.33, -np.inf, 3 * generator.standard_normal(300))),
    ("ties at the cut", np.round(generator.standard_normal(250), 1)),
    ("one dominates", np.concatenate([generator.standard_normal(99), [60.0]])),
    ("26 weights", generator.standard_normal(26)),
    ("too few", generator.standard_normal(12)),
]:
    weights = np.round(weights, 6)
    smoothed, shape = arviz.psislw(weights.copy(), reff=1.0)
    tables.append(
        {"name": name, "logWeights": [number(w) for w in weights], "normalised": [number(w) for w in smoothed],
         "shape": None if np.isinf(shape) else float(shape)})
    print(name, float(shape))

target = pathlib.Path(__file__).with_name("importance.json")
target.write_text(json.dumps({"tables": tables}) + "\n")
print(target.stat().st_size)
