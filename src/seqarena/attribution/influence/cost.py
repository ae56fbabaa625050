"""What asking for influence took."""

from dataclasses import dataclass


@dataclass(frozen=True)
class InfluenceCost:
    """Of some examples; costs add."""

    n_examples: int = 0
    n_variants: int = 0
    """Inputs that were read, with one step replaced or all."""
    n_steps: int = 0
    """Steps of all inputs that were read."""
    seconds: float = 0.0
    """By the clock."""
    future: float = 0.0
    """Largest change of a log-probability by a step that stands behind it, of a family that must
    not look there [nats]; 0 unless the last bits moved."""

    def __add__(self, other: "InfluenceCost") -> "InfluenceCost":
        return InfluenceCost(
            self.n_examples + other.n_examples,
            self.n_variants + other.n_variants,
            self.n_steps + other.n_steps,
            self.seconds + other.seconds,
            max(self.future, other.future),
        )
