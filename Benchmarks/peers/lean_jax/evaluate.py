"""W5: samples and log densities of W1's flow."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp

from lean_jax.flow import initial_parameters, log_density, to_data
from shared.measure import Prepared
from shared.workloads import EVALUATION_POINTS, REALNVP

CHUNK = 1000
"""Points that go through all layers at once, so that they stay in the cache; the best of 250 .. 25 000."""


@partial(jax.jit, static_argnums=0)
def sample(count: int, couplings: list, key: jax.Array) -> jax.Array:
    """`count` samples of W1's flow, (chunks, D, CHUNK)."""
    keys = jax.random.split(key, count // CHUNK)
    draw = lambda key: to_data(REALNVP, couplings, jax.random.normal(key, (REALNVP.dimension, CHUNK)))
    return jax.lax.map(draw, keys)


@jax.jit
def log_densities(parameters: dict, points: jax.Array) -> jax.Array:
    """log q of (chunks, D, CHUNK) points."""
    return jax.lax.map(partial(log_density, REALNVP, parameters), points)


def prepare(workload: str) -> Prepared:
    """`sample` or `logprob` ready for `shared.measure`."""
    key = jax.random.key(1, impl="rbg")
    parameters = initial_parameters(REALNVP, key)
    points = sample(EVALUATION_POINTS, parameters["couplings"], key)
    call = (
        partial(sample, EVALUATION_POINTS, parameters["couplings"], key)
        if workload == "sample"
        else partial(log_densities, parameters, points)
    )

    def repeat() -> None:
        call().block_until_ready()

    def evidence() -> dict:
        # The last layers are zero, so the flow is theta = 2 z: log q is the density of N(0, 4 I).
        values = points.transpose(1, 0, 2).reshape(2, -1)
        expected = -0.125 * (values**2).sum(0) - jnp.log(2 * jnp.pi * 4)
        found = log_densities(parameters, points).reshape(-1)
        return {"points": found.size, "largestError": float(jnp.abs(found - expected).max())}

    return Prepared(repeat, EVALUATION_POINTS, "pointsPerSecond", REALNVP.parameter_count(), evidence)
