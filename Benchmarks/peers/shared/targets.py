"""The tasks of W8: log-likelihood, exact posterior samples and their log density, in NumPy's double precision.

Definitions: docs/spec.md and `flowexp describe task`. The log-likelihood takes the array module and the coordinates one
by one, so that NumPy, JAX and PyTorch share the formula whatever their layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Sequence

import numpy as np

LogLikelihood = Callable[[Any, Sequence[Any]], Any]


@dataclass(frozen=True)
class Target:
    """A posterior with a uniform prior on (-half_width, half_width)^dimension; log-likelihoods are at most 0."""

    dimension: int
    half_width: float
    modes: int
    log_likelihood: LogLikelihood
    log_integral: float
    """log of the integral of the likelihood over the box."""

    def prior(self, generator: np.random.Generator, count: int) -> np.ndarray:
        """(count, D) prior draws."""
        return generator.uniform(-self.half_width, self.half_width, (count, self.dimension))

    def log_posterior(self, points: np.ndarray) -> np.ndarray:
        """log p(theta | x) of (n, D) points inside the box."""
        return self.log_likelihood(np, points.T) - self.log_integral

    def posterior(self, generator: np.random.Generator, count: int) -> np.ndarray:
        """(count, D) exact samples: prior draws, each accepted with probability L, which is at most 1."""
        found: list[np.ndarray] = []
        total = 0
        while total < count:
            points = self.prior(generator, 1_000_000)
            accepted = points[np.log(generator.random(len(points))) < self.log_likelihood(np, points.T)]
            found.append(accepted)
            total += len(accepted)
        return np.concatenate(found)[:count]


def two_moons(module: Any, coordinates: Sequence[Any]) -> Any:
    """Two crescents on the circle of radius 2; divided by 2, a bound of its last factor."""
    x, y = coordinates
    radial = (module.sqrt(x * x + y * y) - 2) / 0.2
    horizontal = (abs(x) - 2) / 0.3
    return -0.5 * (radial * radial + horizontal * horizontal) + module.log1p(module.exp(-4 / 0.09 * abs(x))) - np.log(2.0)


def quadratic(observation: Sequence[float]) -> LogLikelihood:
    """x = theta^2 + N(0, .3^2) without its constant."""

    def log_likelihood(module: Any, coordinates: Sequence[Any]) -> Any:
        terms = [((seen - theta * theta) / 0.3) ** 2 for seen, theta in zip(observation, coordinates)]
        return -0.5 * sum(terms)

    return log_likelihood


def circle8(module: Any, coordinates: Sequence[Any]) -> Any:
    """Eight equal Gaussians on the circle of radius 2, up to a constant; divided by 8, so that it is at most 0."""
    x, y = coordinates
    precision = -0.5 / (2 / 3 * np.sin(np.pi / 8)) ** 2
    total = None
    for mode in range(8):
        angle = 2 * np.pi * mode / 8
        term = precision * ((x - 2 * np.sin(angle)) ** 2 + (y - 2 * np.cos(angle)) ** 2)
        total = term if total is None else module.logaddexp(total, term)
    return total - np.log(8.0)


def _log_integral(log_likelihood: LogLikelihood, dimension: int, half_width: float, nodes: int) -> float:
    """Midpoint rule on a grid: these likelihoods vanish, or nearly so, at the box's faces."""
    axis = -half_width + 2 * half_width * (np.arange(nodes) + 0.5) / nodes
    grid = np.meshgrid(*[axis] * dimension, sparse=True)
    return float(np.log(np.exp(log_likelihood(np, grid)).sum()) + dimension * np.log(2 * half_width / nodes))


def _quadratic_target(observation: Sequence[float]) -> Target:
    # The likelihood is a product over dimensions, so its integral is one too.
    log_integral = sum(_log_integral(quadratic([seen]), 1, 3.0, 20_000) for seen in observation)
    count = len(observation)
    return Target(count, 3.0, 2**count, quadratic(observation), log_integral)


def target(name: str) -> Target:
    """The task named `name`."""
    if name == "two-moons":
        return Target(2, 3.0, 2, two_moons, _log_integral(two_moons, 2, 3.0, 2000))
    if name == "circle8":
        return Target(2, 5.0, 8, circle8, _log_integral(circle8, 2, 5.0, 2000))
    if name == "quadratic-2d":
        return _quadratic_target((4.0, 2.25))
    if name == "quadratic-3d":
        return _quadratic_target((4.0, 2.25, 3.0625))
    raise ValueError(f"there is no task '{name}'")


TASKS = ("two-moons", "quadratic-2d", "quadratic-3d", "circle8")
