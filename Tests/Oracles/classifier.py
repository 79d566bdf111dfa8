"""Values for ClassifierTests: writes classifier.json next to this file.

    pip install numpy scipy scikit-learn && python Tests/Oracles/classifier.py

sbibm's C2ST (Lueckmann et al. 2021) as it is defined there, with scikit-learn: MLPClassifier of two hidden layers of 10 D
units, z-scored by the first sample, 5 folds; here stratified. Each pair of samples is scored with several seeds of folds and
initial weights. The Bayes accuracy ½ + TV/2 is from closed forms and 1D quadrature. Nothing here shares code with flowexp.
"""
import json
import pathlib

import numpy as np
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier

generator = np.random.default_rng(20251126)
n = 400


def mixture(parts, d):
    weights = np.array([p[0] for p in parts])
    which = generator.choice(len(parts), size=n, p=weights / weights.sum())
    means = np.array([p[1] for p in parts])[which]
    sds = np.array([p[2] for p in parts])[which]
    return means + sds[:, None] * generator.standard_normal((n, d))


def c2st(a, b, seed):
    mean, sd = a.mean(axis=0), a.std(axis=0, ddof=1)
    x = np.concatenate([(a - mean) / sd, (b - mean) / sd])
    y = np.concatenate([np.zeros(len(a)), np.ones(len(b))])
    d = a.shape[1]
    classifier = MLPClassifier(
        activation="relu", hidden_layer_sizes=(10 * d, 10 * d), max_iter=10000, solver="adam", random_state=seed)
    folds = StratifiedKFold(n_splits=5, shuffle=True, random_state=seed)
    return cross_val_score(classifier, x, y, cv=folds, scoring="accuracy").mean()


zero5, one5 = [0.0] * 5, [2.0] + [0.0] * 4
corners = [[s, t] for s in (-2.0, 2.0) for t in (-2.0, 2.0)]
wide = 0.5 * quad(lambda x: abs(norm.pdf(x) - norm.pdf(x, scale=3)), -30, 30, points=[-1.6, 1.6], limit=400)[0]
pairs = []
for name, d, first, second, total_variation in [
    ("equal 2D", 2, [(1, [0, 0], 1)], [(1, [0, 0], 1)], 0.0),
    ("shift 2D", 2, [(1, [0, 0], 1)], [(1, [1, 0], 1)], 2 * norm.cdf(0.5) - 1),
    ("shift 5D", 5, [(1, zero5, 1)], [(1, one5, 1)], 2 * norm.cdf(1) - 1),
    ("scale 1D", 1, [(1, [0], 1)], [(1, [0], 3)], wide),
    ("one of four modes missing", 2, [(0.25, c, 0.3) for c in corners], [(1 / 3, c, 0.3) for c in corners[:3]], 0.25),
    ("far apart 3D", 3, [(1, [0, 0, 0], 1)], [(1, [9, 0, 0], 1)], 2 * norm.cdf(4.5) - 1),
]:
    a, b = np.round(mixture(first, d), 3), np.round(mixture(second, d), 3)
    scores = [float(c2st(a, b, seed)) for seed in range(6)]
    pairs.append(
        {"name": name, "dimension": d, "a": a.ravel().tolist(), "b": b.ravel().tolist(), "scores": scores,
         "bayes": 0.5 + 0.5 * float(total_variation)})
    print(name, np.mean(scores), np.std(scores, ddof=1), pairs[-1]["bayes"], flush=True)

target = pathlib.Path(__file__).with_name("classifier.json")
target.write_text(json.dumps({"pairs": pairs}) + "\n")
