"""W1 .. W4: likelihood-weighted training steps, many per call through lax.scan."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable

import jax
import jax.numpy as jnp

from lean_jax.flow import initial_parameters, log_density
from shared.measure import Prepared
from shared.workloads import (
    BATCH,
    CONDITIONAL_HALF_WIDTH,
    CONDITIONAL_NOISE,
    CORNERS_CENTRE,
    CORNERS_HALF_WIDTH,
    CORNERS_SD,
    LEARNING_RATE,
    TRAINING,
    FlowShape,
)

STEPS_PER_CALL = 50
TILE = 256
"""The best of 128, 256 and 512 points."""


def corners_log_likelihood(theta: jax.Array) -> jax.Array:
    """log L of `corners` without its constant, which the normalisation of the weights removes."""
    spread = (jnp.abs(theta) - CORNERS_CENTRE) / CORNERS_SD
    overlap = jnp.log1p(jnp.exp(-2 * CORNERS_CENTRE / CORNERS_SD**2 * jnp.abs(theta)))
    return (overlap - 0.5 * spread * spread).sum(0)


def draw_batch(shape: FlowShape, key: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array | None]:
    """A fresh batch: theta (D, batch), weights that sum to 1, context (3, batch) or nil."""
    if shape.context:
        first, second = jax.random.split(key)
        size = (shape.dimension, BATCH)
        theta = jax.random.uniform(first, size, minval=-CONDITIONAL_HALF_WIDTH, maxval=CONDITIONAL_HALF_WIDTH)
        observed = theta * theta + CONDITIONAL_NOISE * jax.random.normal(second, size)
        return theta, jnp.full(BATCH, 1 / BATCH), observed / 3 - 1
    half_width = CORNERS_HALF_WIDTH
    theta = jax.random.uniform(key, (shape.dimension, BATCH), minval=-half_width, maxval=half_width)
    return theta, jax.nn.softmax(corners_log_likelihood(theta)), None


def loss_and_gradient(
    log_q: Callable, parameters: Any, theta: jax.Array, weights: jax.Array, context: jax.Array | None, tile: int
) -> tuple[jax.Array, Any]:
    """-sum w log q and its gradient. tile > 0: the batch goes through the layers forward and backward in tiles of so
    many points, which then stay in the cache; 0: as a whole."""
    negative = lambda parameters, theta, weights, context: -(weights * log_q(parameters, theta, context)).sum()
    gradient_of = jax.value_and_grad(negative)
    if not tile:
        return gradient_of(parameters, theta, weights, context)

    def split(values: jax.Array) -> jax.Array:
        return jnp.moveaxis(values.reshape(*values.shape[:-1], -1, tile), -2, 0)

    def add(total: tuple, part: tuple) -> tuple[tuple, None]:
        return jax.tree.map(jnp.add, total, gradient_of(parameters, *part)), None

    start = (jnp.float32(0), jax.tree.map(jnp.zeros_like, parameters))
    tiles = (split(theta), split(weights), None if context is None else split(context))
    return jax.lax.scan(add, start, tiles)[0]


def adam(parameters: Any, gradient: Any, first: Any, second: Any, step: jax.Array) -> tuple[Any, Any, Any]:
    """One Adam update (Kingma and Ba 2015) with rates .9 and .999."""
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
    rate = LEARNING_RATE * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    epsilon = 1e-8 * jnp.sqrt(1 - 0.999**step)
    parameters = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + epsilon), parameters, first, second)
    return parameters, first, second


@partial(jax.jit, static_argnums=(0, 1, 2), donate_argnums=3)
def train(shape: FlowShape, steps: int, tile: int, state: tuple) -> tuple[tuple, jax.Array]:
    """`steps` steps; the state is (parameters, moments, step, key). Returns it with each step's loss."""

    def advance(state: tuple, _: None) -> tuple[tuple, jax.Array]:
        parameters, first, second, step, key = state
        key, batch_key = jax.random.split(key)
        batch = draw_batch(shape, batch_key)
        loss, gradient = loss_and_gradient(partial(log_density, shape), parameters, *batch, tile)
        parameters, first, second = adam(parameters, gradient, first, second, step + 1)
        return (parameters, first, second, step + 1, key), loss

    return jax.lax.scan(advance, state, None, length=steps)


def fresh_state(parameters: Any, key: jax.Array) -> tuple:
    """A training state at step 0."""
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    return parameters, zeros, jax.tree.map(jnp.copy, zeros), jnp.float32(0), key


def initial_state(shape: FlowShape, seed: int) -> tuple:
    """Fresh parameters and empty moments."""
    key, start = jax.random.split(jax.random.key(seed, impl="rbg"))
    return fresh_state(initial_parameters(shape, start), key)


def prepare(workload: str, tile: int = 0) -> Prepared:
    """A training workload ready for `shared.measure`."""
    shape = TRAINING[workload]
    state = initial_state(shape, seed=0)
    losses: list[float] = []

    def repeat() -> None:
        nonlocal state
        state, chunk = train(shape, STEPS_PER_CALL, tile, state)
        losses.append(float(chunk.mean()))

    return Prepared(
        repeat=repeat,
        amount=STEPS_PER_CALL,
        unit="stepsPerSecond",
        parameters=sum(leaf.size for leaf in jax.tree.leaves(state[0])),
        evidence=lambda: {"steps": STEPS_PER_CALL * len(losses), "firstLoss": losses[0], "lastLoss": losses[-1]},
    )
