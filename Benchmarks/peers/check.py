"""Checks that the hand-written peers compute what the workloads say: run with the environment's Python.

    .build/peers-venv/bin/python Benchmarks/peers/check.py

The JAX and the PyTorch flow, written independently, must agree on the log density of the same parameters; both must
integrate to one, and sampling must invert evaluation.
"""

from __future__ import annotations

import os
import sys

from peer import ONE_THREAD

for name, value in ONE_THREAD.items():
    os.environ.setdefault(name, value)

import jax
import jax.numpy as jnp
import numpy as np
import torch

from lean_jax import flow as jax_flow
from plain_torch.flow import CouplingFlow
from shared.targets import TASKS, target
from shared.workloads import TRAINING, FlowShape

failures: list[str] = []


def expect(what: str, error: float, limit: float) -> None:
    """Prints a check and remembers it when it failed."""
    fine = error <= limit
    print(f"{'ok  ' if fine else 'FAIL'} {what}: {error:.2e} (at most {limit:.0e})")
    if not fine:
        failures.append(what)


def random_parameters(shape: FlowShape) -> dict:
    """The JAX parameters with every layer filled, so that no coupling is the identity."""
    parameters = jax_flow.initial_parameters(shape, jax.random.key(3))
    leaves, structure = jax.tree.flatten(parameters)
    generator = np.random.default_rng(4)
    filled = [jnp.asarray(leaf + 0.08 * generator.standard_normal(leaf.shape), jnp.float32) for leaf in leaves]
    return jax.tree.unflatten(structure, filled)


def torch_twin(shape: FlowShape, parameters: dict) -> CouplingFlow:
    """The PyTorch flow with the same numbers."""
    twin = CouplingFlow(shape)
    with torch.no_grad():
        for conditioner, layers in zip(twin.conditioners, parameters["couplings"]):
            for index, (weight, bias) in zip((0, 2, 4), layers):
                conditioner[index].weight.copy_(torch.tensor(np.asarray(weight)))
                conditioner[index].bias.copy_(torch.tensor(np.asarray(bias)[:, 0]))
        if shape.components:
            for parameter, value in zip((twin.logits, twin.means, twin.log_scales), parameters["base"]):
                parameter.copy_(torch.tensor(np.asarray(value)))
    return twin


def check_flow(name: str, shape: FlowShape) -> None:
    """One workload's flow."""
    generator = np.random.default_rng(5)
    parameters = random_parameters(shape)
    twin = torch_twin(shape, parameters)
    points = generator.uniform(-5, 5, (500, shape.dimension)).astype(np.float32)
    context = generator.uniform(-1, 2, (500, shape.context)).astype(np.float32) if shape.context else None
    feature_major = None if context is None else jnp.asarray(context.T)
    ours = np.asarray(jax_flow.log_density(shape, parameters, jnp.asarray(points.T), feature_major))
    with torch.no_grad():
        theirs = twin.log_density(torch.tensor(points), None if context is None else torch.tensor(context)).numpy()
    expect(f"{name}: JAX and PyTorch agree", float(np.abs(ours - theirs).max()), 2e-3)
    count = sum(leaf.size for leaf in jax.tree.leaves(parameters))
    expect(f"{name}: {count} parameters", abs(count - shape.parameter_count()), 0)
    if shape.context:
        return
    axis = np.linspace(-24, 24, 800, dtype=np.float32)
    grid = jnp.asarray(np.stack(np.meshgrid(axis, axis)).reshape(2, -1))
    total = float(jnp.exp(jax_flow.log_density(shape, parameters, grid)).astype(jnp.float32).sum()) * (48 / 799) ** 2
    expect(f"{name}: the density integrates to one", abs(total - 1), 2e-2)
    latent = jnp.asarray(generator.standard_normal((2, 1000)), jnp.float32)
    data = jax_flow.to_data(shape, parameters["couplings"], latent)
    back, _ = jax_flow.to_base(shape, parameters["couplings"], data / shape.scale, None)
    expect(f"{name}: sampling inverts evaluation", float(jnp.abs(back - latent).max()), 2e-3)
    with torch.no_grad():
        there = twin.to_data(torch.tensor(np.asarray(latent).T)).numpy()
    expect(f"{name}: JAX and PyTorch sample alike", float(np.abs(there.T - data).max()), 2e-3)


def check_target(name: str) -> None:
    """A task of W8: its normaliser against exact samples, through E_p[1 / p] = volume of the box where p > 0."""
    posterior = target(name)
    generator = np.random.default_rng(6)
    draws = posterior.prior(generator, 400_000)
    weights = np.exp(posterior.log_posterior(draws)) * (2 * posterior.half_width) ** posterior.dimension
    error = abs(weights.mean() - 1) / (weights.std() / len(weights) ** 0.5)
    expect(f"{name}: the posterior integrates to one, in standard errors", float(error), 4)
    samples = posterior.posterior(generator, 200_000)
    sampled = posterior.log_posterior(samples)
    expected = (weights * np.where(weights > 0, posterior.log_posterior(draws), 0)).mean()
    error = abs(sampled.mean() - expected) / (weights.std() * 3 / len(weights) ** 0.5)
    expect(f"{name}: exact samples have the posterior's entropy, in standard errors", float(error), 4)


for workload, flow_shape in TRAINING.items():
    check_flow(workload, flow_shape)
for task in TASKS:
    check_target(task)
sys.exit(f"{len(failures)} checks failed" if failures else 0)
