"""W8's literal method in JAX."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from lean_jax.flow import LOG_TWO_PI, initial_parameters, to_base
from lean_jax.train import TILE, adam, fresh_state, loss_and_gradient
from shared.start import Start, fit_start
from shared.targets import Target
from shared.workloads import BATCH, FlowShape

EVALUATION_CHUNK = 1000


def mixture_log_density(base: dict, values: jax.Array) -> jax.Array:
    """log sum_k pi_k N(z; mean_k, (A_k^T A_k)^-1) of (D, batch) points; A lower triangular, diagonal e^{-log_scale}."""
    dimension = values.shape[0]
    centred = values[None] - base["means"][..., None]
    rows = []
    row_of = lambda index, other: base["lower"][:, index, other, None] * centred[:, other]
    for index in range(dimension):
        row = jnp.exp(-base["log_scales"][:, index, None]) * centred[:, index]
        rows.append(row + sum(row_of(index, other) for other in range(index)))
    squares = sum(row * row for row in rows)
    heights = jax.nn.log_softmax(base["logits"]) - base["log_scales"].sum(1) - 0.5 * dimension * LOG_TWO_PI
    return jax.nn.logsumexp(heights[:, None] - 0.5 * squares, axis=0)


def base_parameters(start: Start) -> dict:
    """The fitted mixture as trainable arrays."""
    diagonal = np.diagonal(start.whitening, axis1=1, axis2=2)
    arrays = {"logits": np.log(start.weights), "means": start.means, "log_scales": -np.log(diagonal)}
    arrays["lower"] = np.tril(start.whitening, -1)
    return {name: jnp.asarray(values, jnp.float32) for name, values in arrays.items()}


class Literal:
    """A literal run at some step."""

    def __init__(self, peer: str, posterior: Target, seed: int) -> None:
        start = fit_start(posterior, np.random.default_rng(seed))
        self.start_evaluations = start.evaluations
        shape = FlowShape(posterior.dimension, couplings=8, hidden=64, scale=1.0)
        key, first = jax.random.split(jax.random.key(seed, impl="rbg"))
        parameters = {"flow": initial_parameters(shape, first)["couplings"], "base": base_parameters(start)}
        self.state = fresh_state(parameters, key)
        shift, scale = (jnp.asarray(values, jnp.float32)[:, None] for values in (start.shift, start.scale))
        constant = float(np.log(start.scale).sum())
        tile = TILE if peer == "lean-jax-tiled" else 0

        def log_q(parameters: dict, theta: jax.Array, context: None = None) -> jax.Array:
            values, log_det = to_base(shape, parameters["flow"], (theta - shift) / scale, None)
            return mixture_log_density(parameters["base"], values) + log_det - constant

        @partial(jax.jit, static_argnums=0)
        def train(steps: int, state: tuple) -> tuple:
            def advance(state: tuple, _: None) -> tuple[tuple, None]:
                parameters, moments, squares, step, key = state
                key, batch_key = jax.random.split(key)
                width = posterior.half_width
                theta = jax.random.uniform(batch_key, (posterior.dimension, BATCH), minval=-width, maxval=width)
                weights = jax.nn.softmax(posterior.log_likelihood(jnp, theta))
                _, gradient = loss_and_gradient(log_q, parameters, theta, weights, None, tile)
                return (*adam(parameters, gradient, moments, squares, step + 1), step + 1, key), None

            return jax.lax.scan(advance, state, None, length=steps)[0]

        self._train = train
        self._log_q = jax.jit(lambda parameters, chunks: jax.lax.map(partial(log_q, parameters), chunks))

    def compile(self, steps: int) -> None:
        """Compiles by a call whose result is thrown away."""
        jax.block_until_ready(self._train(steps, self.state))

    def advance(self, steps: int) -> None:
        """That many steps."""
        self.state = jax.block_until_ready(self._train(steps, self.state))

    def log_density(self, points: np.ndarray) -> np.ndarray:
        """log q of (n, D) points, in double precision."""
        chunks = jnp.asarray(points, jnp.float32).reshape(-1, EVALUATION_CHUNK, points.shape[1]).transpose(0, 2, 1)
        return np.asarray(self._log_q(self.state[0], chunks), np.float64).reshape(-1)
