"""What runs the measurements; needs only the Python standard library."""
