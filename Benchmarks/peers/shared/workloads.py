"""The workloads' definitions: one place for sizes, so that no peer can differ by accident.

W1 .. W5 of docs/performance.md. A coupling splits D coordinates into the first D // 2 and the rest; couplings number 0,
2, ... transform the rest, the others the first part. Affine couplings: log-scale s = 2 tanh(raw / 2). Parameters theta
are divided by `scale` first, which stands for the standardisation inside our flow.
"""

from __future__ import annotations

from dataclasses import dataclass

BATCH = 1024
LEARNING_RATE = 1e-3
LOG_SCALE_LIMIT = 2.0
SPLINE_BOUND = 3.0
"""Half-width of the spline's box in standardised coordinates; the tails beyond are the identity."""
MINIMUM_BIN = 1e-3
MINIMUM_SLOPE = 1e-3


@dataclass(frozen=True)
class FlowShape:
    """The architecture of one workload."""

    dimension: int
    couplings: int
    hidden: int
    context: int = 0
    bins: int = 0
    """Bins of a rational-quadratic spline; 0 is an affine coupling."""
    components: int = 0
    """Components of a trainable diagonal Gaussian mixture base; 0 is a standard Gaussian."""
    scale: float = 2.0

    def parts(self, coupling: int) -> tuple[slice, slice]:
        """The coordinates that pass unchanged and those that are transformed."""
        half = self.dimension // 2
        first, rest = slice(0, half), slice(half, self.dimension)
        return (first, rest) if coupling % 2 == 0 else (rest, first)

    def sizes(self, coupling: int) -> tuple[int, int, int]:
        """Inputs, transformed coordinates and outputs of the conditioner of a coupling."""
        passed, changed = (part.stop - part.start for part in self.parts(coupling))
        per_coordinate = 3 * self.bins - 1 if self.bins else 2
        return passed + self.context, changed, changed * per_coordinate

    def parameter_count(self) -> int:
        """Trainable numbers: conditioners with two hidden layers, and the mixture's logits, means and log-scales."""
        total = self.components * (1 + 2 * self.dimension)
        for coupling in range(self.couplings):
            inputs, _, outputs = self.sizes(coupling)
            total += inputs * self.hidden + self.hidden
            total += self.hidden * self.hidden + self.hidden
            total += self.hidden * outputs + outputs
        return total

    def gigaflops_per_step(self) -> float:
        """10^9 operations of a training step, counted as three forward passes of the conditioners' matrix products."""
        total = 0
        for coupling in range(self.couplings):
            inputs, _, outputs = self.sizes(coupling)
            total += inputs * self.hidden + self.hidden * self.hidden + self.hidden * outputs
        return 3 * 2 * total * BATCH / 1e9


REALNVP = FlowShape(dimension=2, couplings=8, hidden=64)
TRAINING = {
    "train-realnvp-2d": REALNVP,
    "train-realnvp-2d-gmm": FlowShape(dimension=2, couplings=8, hidden=64, components=4),
    "train-cond-3d": FlowShape(dimension=3, couplings=8, hidden=128, context=3),
    "train-nsf-2d": FlowShape(dimension=2, couplings=6, hidden=64, bins=8),
}
"""W1 .. W4. The conditional one learns q(theta | x) of theta ~ U(-3, 3)^3, x = theta^2 + .3 noise from fresh pairs,
loss -mean log q; the others draw theta ~ U(-4, 4)^2 and minimise -sum w log q with the normalised likelihood of
`corners` as w."""
EVALUATION = ("sample", "logprob")
EVALUATION_POINTS = 100_000
"""Points of one repetition of W5; the rate is what counts."""
EVALUATION_CHUNKS = (500, 1000, 2000, 5000, 10_000)
"""Points that go through all layers at once: every peer takes the fastest of these."""
METRICS = {"mmd": 10_000, "mmd-five-scale": 10_000, "w2-exact": 2_000, "w2-exact-5000": 5_000, "w2-sliced": 10_000}
"""W6: points on each side, in 2D."""
PROJECTIONS = 128
SWEEP_RUNS, SWEEP_STEPS = 16, 1000
CORNERS_SD, CORNERS_CENTRE, CORNERS_HALF_WIDTH = 0.3, 2.0, 4.0
CONDITIONAL_NOISE, CONDITIONAL_HALF_WIDTH = 0.3, 3.0
