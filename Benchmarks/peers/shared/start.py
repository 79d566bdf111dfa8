"""Where W8's literal side starts: standardisation and a Gaussian mixture fitted to likelihood-weighted prior draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.targets import Target

DRAWS = 10_000
EFFECTIVE_SIZE = 2_000.0
"""Draws come by the ten thousand until their effective sample size is this, as on our side."""
SWEEPS = 200


@dataclass(frozen=True)
class Start:
    """Everything a flow needs before its first step; the mixture lives in standardised coordinates."""

    shift: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    means: np.ndarray
    whitening: np.ndarray
    """(K, D, D) lower triangular A with N(z) = |A| N(A (z - mean); 0, I)."""
    evaluations: int


def fit_start(target: Target, generator: np.random.Generator) -> Start:
    """Weighted draws, their moments, and weighted EM with k-means++ seeds on the standardised draws."""
    points, logs = np.empty((0, target.dimension)), np.empty(0)
    while True:
        fresh = target.prior(generator, DRAWS)
        points = np.concatenate([points, fresh])
        logs = np.concatenate([logs, target.log_likelihood(np, fresh.T)])
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        if 1 / (weights**2).sum() >= EFFECTIVE_SIZE:
            break
    heavy = weights > 1e-12
    evaluations = len(points)
    points, weights = points[heavy], weights[heavy] / weights[heavy].sum()
    shift = weights @ points
    scale = np.sqrt(weights @ (points - shift) ** 2)
    mixture = _expectation_maximisation((points - shift) / scale, weights, target.modes, generator)
    return Start(shift, scale, *mixture, evaluations)


def _seeds(points: np.ndarray, weights: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """k-means++ (Arthur and Vassilvitskii 2007), weighted."""
    chosen = [points[generator.choice(len(points), p=weights)]]
    while len(chosen) < count:
        distances = np.min([((points - centre) ** 2).sum(1) for centre in chosen], axis=0) * weights
        chosen.append(points[generator.choice(len(points), p=distances / distances.sum())])
    return np.array(chosen)


def _expectation_maximisation(
    points: np.ndarray, weights: np.ndarray, count: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, means and whitening matrices of `count` full-covariance components; the best of eight starts."""
    fits = [_one_fit(points, weights, count, generator) for _ in range(8)]
    return max(fits, key=lambda fit: fit[0])[1:]


def _one_fit(points: np.ndarray, weights: np.ndarray, count: int, generator: np.random.Generator) -> tuple:
    dimension = points.shape[1]
    means = _seeds(points, weights, count, generator)
    shares = np.full(count, 1 / count)
    whitening = np.stack([2.0 * np.eye(dimension)] * count)
    previous = -np.inf
    for _ in range(SWEEPS):
        logs = np.empty((len(points), count))
        for k in range(count):
            scaled = (points - means[k]) @ whitening[k].T
            log_det = np.log(np.diag(whitening[k])).sum()
            logs[:, k] = np.log(shares[k]) + log_det - 0.5 * (scaled**2).sum(1) - 0.5 * dimension * np.log(2 * np.pi)
        top = logs.max(1, keepdims=True)
        density = np.exp(logs - top).sum(1, keepdims=True)
        likelihood = float(weights @ (top + np.log(density))[:, 0])
        parts = weights[:, None] * np.exp(logs - top) / density
        shares = np.maximum(parts.sum(0), 1e-6)
        shares /= shares.sum()
        for k in range(count):
            part = parts[:, k] / max(parts[:, k].sum(), 1e-12)
            means[k] = part @ points
            centred = points - means[k]
            covariance = (part[:, None] * centred).T @ centred
            covariance += 1e-6 * max(np.trace(covariance), 1e-6) / dimension * np.eye(dimension)
            whitening[k] = np.linalg.inv(np.linalg.cholesky(covariance))
        if likelihood - previous < 1e-9:
            break
        previous = likelihood
    return likelihood, shares, means, whitening
