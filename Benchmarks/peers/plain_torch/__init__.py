"""PyTorch by hand, eager and compiled."""
