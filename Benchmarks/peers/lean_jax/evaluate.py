"""W5: samples and log densities of W1's flow, in chunks that go through all layers at once and stay in the cache."""

from __future__ import annotations

from functools import partial
from typing import Callable

import jax
import jax.numpy as jnp

from lean_jax.flow import initial_parameters, log_density, to_data
from shared.measure import Prepared
from shared.tune import fastest
from shared.workloads import EVALUATION_CHUNKS, EVALUATION_POINTS, REALNVP


@partial(jax.jit, static_argnums=(0, 1))
def sample(count: int, chunk: int, couplings: list, key: jax.Array) -> jax.Array:
    """`count` samples of W1's flow, (count / chunk, D, chunk)."""

    def draw(key: jax.Array) -> jax.Array:
        return to_data(REALNVP, couplings, jax.random.normal(key, (REALNVP.dimension, chunk)))

    return jax.lax.map(draw, jax.random.split(key, count // chunk))


@jax.jit
def log_densities(parameters: dict, points: jax.Array) -> jax.Array:
    """log q of (chunks, D, chunk) points."""
    return jax.lax.map(partial(log_density, REALNVP, parameters), points)


def prepare(workload: str) -> Prepared:
    """`sample` or `logprob` ready for `shared.measure`, with the fastest chunk."""
    key = jax.random.key(1, impl="rbg")
    parameters = initial_parameters(REALNVP, key)

    def points(chunk: int) -> jax.Array:
        return sample(EVALUATION_POINTS, chunk, parameters["couplings"], key)

    def make(chunk: int) -> Callable[[], None]:
        if workload == "sample":
            return lambda: points(chunk).block_until_ready()
        drawn = points(chunk)
        return lambda: log_densities(parameters, drawn).block_until_ready()

    chunk, repeat = fastest(EVALUATION_CHUNKS, make)

    def evidence() -> dict:
        # The last layers are zero, so the flow is theta = 2 z: log q is the density of N(0, 4 I).
        drawn = points(chunk)
        expected = -0.125 * (drawn**2).sum(1) - jnp.log(2 * jnp.pi * 4)
        found = log_densities(parameters, drawn)
        return {"points": found.size, "chunk": chunk, "largestError": float(jnp.abs(found - expected).max())}

    return Prepared(repeat, EVALUATION_POINTS, "pointsPerSecond", REALNVP.parameter_count(), evidence)
