"""How many parameters are worth their likelihood: lower is better."""

import math


def aic(log_likelihood: float, n_parameters: int) -> float:
    """Return 2 · parameters - 2 · log-likelihood [nats]: Akaike (1974)."""
    return 2.0 * n_parameters - 2.0 * log_likelihood


def bic(log_likelihood: float, n_parameters: int, n_observations: int) -> float:
    """Return parameters · log(observations) - 2 · log-likelihood [nats]: Schwarz (1978)."""
    return n_parameters * math.log(n_observations) - 2.0 * log_likelihood
