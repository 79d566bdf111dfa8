"""Independent values for Tests/FlowsTests/ComponentSelectionTests.swift: writes mixtures.json next to this file.

    pip install numpy scikit-learn && python Tests/Oracles/mixtures.py

scikit-learn's GaussianMixture fits equally weighted draws (40 starts, no regularisation) and gives its BIC; the effective
sizes of components are plain NumPy over its responsibilities. Nothing here shares code with flowexp.
"""
import json
import pathlib

import numpy as np
from sklearn.mixture import GaussianMixture

generator = np.random.default_rng(20251125)
centres = np.array([[-3.0, 0.0], [2.0, 1.5], [1.0, -4.0]])
shapes = np.array([[[1.0, 0.0], [0.6, 0.5]], [[0.4, 0.0], [-0.3, 0.7]], [[0.8, 0.0], [0.0, 0.3]]])
labels = generator.choice(3, size=300, p=[0.5, 0.3, 0.2])
draws = np.round(centres[labels] + np.einsum("nij,nj->ni", shapes[labels], generator.standard_normal((300, 2))), 4)
n, d = draws.shape

fits = []
for kind, name in (("full", "full"), ("diag", "diagonal")):
    for k in (1, 2, 3):
        model = GaussianMixture(
            k, covariance_type=kind, reg_covar=0, tol=1e-10, max_iter=5000, n_init=40, random_state=1).fit(draws)
        shares = model.predict_proba(draws) / n
        covariances = [c if kind == "full" else np.diag(c) for c in model.covariances_]
        sizes = []
        for j in range(k):
            v = np.linalg.solve(np.linalg.cholesky(covariances[j]), (draws - model.means_[j]).T)
            numbers = d * (d + 3) / 2 if kind == "full" else 2 * d
            # The squared norm of the score in the Fisher metric, from its parts: D(D+1)/2 or D for the covariance.
            outer = np.einsum("an,bn->abn", v, v) - np.eye(d)[:, :, None]
            score = (v**2).sum(0) + 0.5 * np.einsum("aan->an", outer ** 2).sum(0)
            if kind == "full":
                score += sum(outer[a, b] ** 2 for a in range(d) for b in range(a))
            u = shares[:, j]
            sizes.append([u.sum() ** 2 / (u**2).sum(), numbers * u.sum() ** 2 / (u**2 * score).sum()])
        needed = d + 2 if kind == "full" else 3
        fits.append({
            "covariance": name, "components": k, "bic": model.bic(draws), "meanLogDensity": model.score(draws),
            "weights": model.weights_.tolist(), "means": model.means_.tolist(),
            "covariances": [c.ravel().tolist() for c in covariances], "sizes": sizes,
            "correction": sum(2 * numbers * needed / (s[1] - needed) for s in sizes),
        })

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"draws": draws.tolist(), "fits": fits}, separators=(",", ":")) + "\n")
