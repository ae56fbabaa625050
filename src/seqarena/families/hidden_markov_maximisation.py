"""The M-step of hidden Markov models, and the prior that it takes into account."""

from typing import TYPE_CHECKING

import torch

from seqarena.families.hidden_markov_statistics import HiddenMarkovStatistics
from seqarena.families.shares import dirichlet_log_prior, set_log_shares

if TYPE_CHECKING:
    from seqarena.families.hidden_markov import HiddenMarkovModel


def no_statistics(model: "HiddenMarkovModel") -> HiddenMarkovStatistics:
    """Return the statistics of no sequence."""
    nothing = model.log_start.new_zeros(0, len(model.log_start))
    values = torch.zeros(0, dtype=torch.long, device=nothing.device)
    if model.schema.dim is not None:
        values = nothing.new_zeros(0, model.schema.dim)
    return HiddenMarkovStatistics(
        log_likelihood=nothing.new_zeros(()),
        start=torch.zeros_like(model.log_start),
        transition=torch.zeros_like(model.log_transition),
        emission=model.emission.sums(values, nothing),
    )


def maximise(model: "HiddenMarkovModel", statistics: HiddenMarkovStatistics) -> None:
    """Set the most probable parameters; a state that was never left keeps its old row."""
    extra = model.config.pseudo_count
    set_log_shares(model.log_start[None], statistics.start[None], extra, model.can_start[None])
    set_log_shares(model.log_transition, statistics.transition, extra, model.can_move)
    model.emission.maximise(statistics.emission)
    model.fitted.fill_(True)


def log_prior(model: "HiddenMarkovModel") -> float:
    """Return the log-density of the parameters under the Dirichlet prior, up to a constant."""
    extra = model.config.pseudo_count
    return (
        dirichlet_log_prior(model.log_start[model.can_start], extra)
        + dirichlet_log_prior(model.log_transition[model.can_move], extra)
        + model.emission.log_prior()
    )
