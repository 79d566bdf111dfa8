"""W1 .. W5 with FlowJAX: `coupling_flow` and a jitted scan over Adam steps (kinder to it than its own `fit_to_data`,
which returns to Python after every batch)."""

from __future__ import annotations

from functools import partial
from typing import Callable

import equinox
import jax
import jax.numpy as jnp
import optax
import paramax
from flowjax.bijections import RationalQuadraticSpline
from flowjax.distributions import Normal, StandardNormal, Transformed, VmapMixture
from flowjax.flows import coupling_flow

from lean_jax.train import corners_log_likelihood
from shared.measure import Prepared
from shared.tune import fastest
from shared.workloads import (
    BATCH,
    CONDITIONAL_HALF_WIDTH,
    CONDITIONAL_NOISE,
    CORNERS_HALF_WIDTH,
    EVALUATION_CHUNKS,
    EVALUATION_POINTS,
    LEARNING_RATE,
    REALNVP,
    SPLINE_BOUND,
    TRAINING,
    FlowShape,
)

STEPS_PER_CALL = 25


def build(shape: FlowShape, key: jax.Array, invert: bool = True) -> Transformed:
    """The workload's flow; `invert` makes densities the fast direction, otherwise samples."""
    base = StandardNormal((shape.dimension,))
    if shape.components:
        means = jax.random.normal(key, (shape.components, shape.dimension))
        base = VmapMixture(equinox.filter_vmap(Normal)(means), weights=jnp.ones(shape.components))
    # It counts inner knots, and learns the slopes at the ends too. None is its affine transformer with a least scale.
    spline = RationalQuadraticSpline(knots=shape.bins - 1, interval=SPLINE_BOUND) if shape.bins else None
    return coupling_flow(
        key,
        base_dist=base,
        transformer=spline,
        cond_dim=shape.context or None,
        flow_layers=shape.couplings,
        nn_width=shape.hidden,
        nn_depth=2,
        invert=invert,
    )


def weighted_loss(shape: FlowShape, trainable: Transformed, fixed: Transformed, key: jax.Array) -> jax.Array:
    """-sum w log q of one fresh batch; points are rows here."""
    flow = paramax.unwrap(equinox.combine(trainable, fixed))
    constant = shape.dimension * jnp.log(shape.scale)
    if shape.context:
        first, second = jax.random.split(key)
        size = (BATCH, shape.dimension)
        theta = jax.random.uniform(first, size, minval=-CONDITIONAL_HALF_WIDTH, maxval=CONDITIONAL_HALF_WIDTH)
        observed = theta * theta + CONDITIONAL_NOISE * jax.random.normal(second, size)
        return constant - flow.log_prob(theta / shape.scale, observed / 3 - 1).mean()
    half_width = CORNERS_HALF_WIDTH
    theta = jax.random.uniform(key, (BATCH, shape.dimension), minval=-half_width, maxval=half_width)
    weights = jax.nn.softmax(corners_log_likelihood(theta.T))
    return constant - (weights * flow.log_prob(theta / shape.scale)).sum()


def training(shape: FlowShape) -> tuple[Callable, Callable]:
    """W1 .. W4: the jitted call that makes STEPS_PER_CALL steps, and the initial state for a seed."""
    is_leaf = lambda leaf: isinstance(leaf, paramax.NonTrainable)
    fixed = equinox.partition(build(shape, jax.random.key(0, impl="rbg")), equinox.is_inexact_array, is_leaf=is_leaf)[1]
    optimiser = optax.adam(LEARNING_RATE)

    def initial_state(seed: int) -> tuple:
        key = jax.random.key(seed, impl="rbg")
        trainable = equinox.partition(build(shape, key), equinox.is_inexact_array, is_leaf=is_leaf)[0]
        return trainable, optimiser.init(trainable), key

    @partial(jax.jit, donate_argnums=0)
    def train(state: tuple) -> tuple[tuple, jax.Array]:
        def advance(state: tuple, _: None) -> tuple[tuple, jax.Array]:
            trainable, moments, key = state
            key, batch_key = jax.random.split(key)
            loss, gradient = jax.value_and_grad(partial(weighted_loss, shape))(trainable, fixed, batch_key)
            updates, moments = optimiser.update(gradient, moments, trainable)
            return (optax.apply_updates(trainable, updates), moments, key), loss

        return jax.lax.scan(advance, state, None, length=STEPS_PER_CALL)

    return train, initial_state


def prepare_training(shape: FlowShape) -> Prepared:
    """W1 .. W4."""
    train, initial_state = training(shape)
    state = initial_state(0)
    losses: list[float] = []

    def repeat() -> None:
        nonlocal state
        state, chunk = train(state)
        losses.append(float(chunk.mean()))

    return Prepared(
        repeat=repeat,
        amount=STEPS_PER_CALL,
        unit="stepsPerSecond",
        parameters=sum(leaf.size for leaf in jax.tree.leaves(state[0])),
        evidence=lambda: {"steps": STEPS_PER_CALL * len(losses), "firstLoss": losses[0], "lastLoss": losses[-1]},
    )


def evaluation(workload: str) -> Prepared:
    """W5."""
    key = jax.random.key(1, impl="rbg")
    flow = paramax.unwrap(build(REALNVP, key, invert=workload == "logprob"))
    arrays, fixed = equinox.partition(flow, equinox.is_array)

    @partial(jax.jit, static_argnums=0)
    def sample(chunk: int, arrays: Transformed, keys: jax.Array) -> jax.Array:
        chosen = equinox.combine(arrays, fixed)
        return jax.lax.map(lambda key: chosen.sample(key, (chunk,)), keys)

    @jax.jit
    def log_densities(arrays: Transformed, points: jax.Array) -> jax.Array:
        return jax.lax.map(equinox.combine(arrays, fixed).log_prob, points)

    def make(chunk: int) -> Callable[[], None]:
        count = EVALUATION_POINTS // chunk
        keys = jax.random.split(key, count)
        points = jax.random.normal(key, (count, chunk, REALNVP.dimension))
        if workload == "sample":
            return lambda: sample(chunk, arrays, keys).block_until_ready()
        return lambda: log_densities(arrays, points).block_until_ready()

    chunk, repeat = fastest(EVALUATION_CHUNKS, make)

    def evidence() -> dict:
        drawn = flow.sample(key, (chunk,))
        return {"chunk": chunk, "finite": bool(jnp.isfinite(flow.log_prob(drawn)).all())}

    return Prepared(repeat, EVALUATION_POINTS, "pointsPerSecond", REALNVP.parameter_count(), evidence)


def prepare(workload: str) -> Prepared:
    """A workload ready for `shared.measure`."""
    return prepare_training(TRAINING[workload]) if workload in TRAINING else evaluation(workload)
