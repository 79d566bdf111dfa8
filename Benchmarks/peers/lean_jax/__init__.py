"""JAX by hand: no framework, one jitted scan over steps."""
