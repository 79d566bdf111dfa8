"""W1 .. W4, the batch in tiles that stay in the cache: a trick that our engine plays too, available to JAX as well."""

from __future__ import annotations

from lean_jax import train
from shared.measure import Prepared


def prepare(workload: str) -> Prepared:
    """A training workload ready for `shared.measure`."""
    return train.prepare(workload, tile=train.TILE)
