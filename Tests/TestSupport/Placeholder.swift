// Checkers that every implementation must pass.
