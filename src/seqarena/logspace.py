"""Probabilities as natural logarithms. Minus infinity means impossible, and stays so."""

import math

NATS_PER_BIT = math.log(2.0)


def bits(nats: float) -> float:
    """Convert nats to bits."""
    return nats / NATS_PER_BIT
