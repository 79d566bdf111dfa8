"""Coupling flows in plain jax.numpy, feature-major: arrays are (features, batch), as XLA's CPU code likes best."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from lean_jax.spline import spline_forward, spline_inverse
from shared.workloads import LOG_SCALE_LIMIT, FlowShape

Parameters = dict[str, list]
LOG_TWO_PI = 1.8378770664093453


def initial_parameters(shape: FlowShape, key: jax.Array) -> Parameters:
    """Conditioners uniform in +-1/sqrt(inputs) with a zero last layer; mixture means standard normal."""
    couplings = []
    for coupling in range(shape.couplings):
        inputs, _, outputs = shape.sizes(coupling)
        layers = []
        for rows, columns in ((shape.hidden, inputs), (shape.hidden, shape.hidden)):
            key, first, second = jax.random.split(key, 3)
            bound = columns**-0.5
            weight = jax.random.uniform(first, (rows, columns), minval=-bound, maxval=bound)
            layers.append((weight, jax.random.uniform(second, (rows, 1), minval=-bound, maxval=bound)))
        layers.append((jnp.zeros((outputs, shape.hidden)), jnp.zeros((outputs, 1))))
        couplings.append(layers)
    base = []
    if shape.components:
        means = jax.random.normal(key, (shape.components, shape.dimension))
        base = [jnp.zeros(shape.components), means, jnp.zeros((shape.components, shape.dimension))]
    return {"couplings": couplings, "base": base}


def conditioner(layers: list, inputs: jax.Array) -> jax.Array:
    """ReLU network on (inputs, batch). One input: the first product is an outer one, which needs no matrix product."""
    (first, first_bias), (second, second_bias), (last, last_bias) = layers
    product = first * inputs if inputs.shape[0] == 1 else first @ inputs
    hidden = jax.nn.relu(product + first_bias)
    hidden = jax.nn.relu(second @ hidden + second_bias)
    return last @ hidden + last_bias


def log_scale(raw: jax.Array) -> jax.Array:
    """The clamped log-scale of an affine coupling."""
    return LOG_SCALE_LIMIT * jnp.tanh(raw / LOG_SCALE_LIMIT)


def to_base(
    shape: FlowShape, couplings: list, values: jax.Array, context: jax.Array | None
) -> tuple[jax.Array, jax.Array]:
    """Data to base through all couplings: the values and the log-determinant, (D, batch) and (batch)."""
    log_det = jnp.zeros(values.shape[1])
    for coupling in reversed(range(shape.couplings)):
        passed, changed = shape.parts(coupling)
        inputs = values[passed] if context is None else jnp.concatenate([values[passed], context])
        raw = conditioner(couplings[coupling], inputs)
        if shape.bins:
            count = changed.stop - changed.start
            moved, change = spline_forward(values[changed], raw.reshape(count, -1, raw.shape[1]), shape.bins)
        else:
            count = raw.shape[0] // 2
            scale = log_scale(raw[:count])
            moved, change = (values[changed] - raw[count:]) * jnp.exp(-scale), -scale
        log_det = log_det + change.sum(0)
        values = values.at[changed].set(moved)
    return values, log_det


def to_data(shape: FlowShape, couplings: list, values: jax.Array) -> jax.Array:
    """Base to data, (D, batch)."""
    for coupling in range(shape.couplings):
        passed, changed = shape.parts(coupling)
        raw = conditioner(couplings[coupling], values[passed])
        if shape.bins:
            count = changed.stop - changed.start
            moved = spline_inverse(values[changed], raw.reshape(count, -1, raw.shape[1]), shape.bins)
        else:
            count = raw.shape[0] // 2
            moved = values[changed] * jnp.exp(log_scale(raw[:count])) + raw[count:]
        values = values.at[changed].set(moved)
    return values * shape.scale


def base_log_density(shape: FlowShape, base: list, values: jax.Array) -> jax.Array:
    """Standard Gaussian, or the mixture of diagonal Gaussians; (batch)."""
    constant = -0.5 * shape.dimension * LOG_TWO_PI
    if not shape.components:
        return constant - 0.5 * (values * values).sum(0)
    logits, means, log_scales = base
    scaled = (values[None] - means[..., None]) * jnp.exp(-log_scales)[..., None]
    heights = jax.nn.log_softmax(logits) - log_scales.sum(1)
    return constant + jax.nn.logsumexp(heights[:, None] - 0.5 * (scaled * scaled).sum(1), axis=0)


def log_density(
    shape: FlowShape, parameters: Parameters, theta: jax.Array, context: jax.Array | None = None
) -> jax.Array:
    """log q(theta | context) of (D, batch) points; (batch)."""
    values, log_det = to_base(shape, parameters["couplings"], theta / shape.scale, context)
    return base_log_density(shape, parameters["base"], values) + log_det - shape.dimension * jnp.log(shape.scale)
