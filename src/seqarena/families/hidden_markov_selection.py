"""How many states: information criteria of hidden Markov models, and a table of candidates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seqarena.batch import Sequences
from seqarena.families.engine_fit import in_batches
from seqarena.fitting.protocols import FitSetting
from seqarena.schema import DataSchema

if TYPE_CHECKING:
    from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel


@dataclass(frozen=True)
class Candidate:
    """One number of states, and how well it explains the training data."""

    n_states: int
    n_parameters: int
    """Numbers that can vary independently, under the topology and the emission."""
    log_likelihood: float
    """Of the scored training steps, under the fitted parameters [nats]."""
    aic: float
    """Akaike (1974); lower is better."""
    bic: float
    """Schwarz (1978); lower is better."""
    valid_loss: float | None
    """Of the validation split, per scored step; None where it is infinite [nats]."""


def log_likelihood(model: "HiddenMarkovModel", sequences: Sequences) -> float:
    """Return the log-probability of all scored steps [nats]."""
    return sum(float(model.log_prob(batch).sum()) for batch in in_batches(sequences, 256))


def akaike(log_likelihood: float, n_parameters: int) -> float:
    """Return Akaike's information criterion: 2 · parameters - 2 · log-likelihood."""
    return 2.0 * n_parameters - 2.0 * log_likelihood


def bayesian(log_likelihood: float, n_parameters: int, n_observations: int) -> float:
    """Return Schwarz's criterion: parameters · log(observations) - 2 · log-likelihood."""
    return n_parameters * math.log(n_observations) - 2.0 * log_likelihood


def candidates(
    config: "HiddenMarkovConfig",
    schema: DataSchema,
    n_states: Sequence[int],
    train: Sequences,
    valid: Sequences,
    setting: FitSetting,
) -> tuple[Candidate, ...]:
    """Fit one model for each number of states, and return what each explains.

    The number of observations is that of the scored training steps, as in hmmlearn.

    Args:
        config: everything but the number of states.
        schema: sizes of the data.
        n_states: the numbers to try.
        train: what every candidate is fitted to and judged by.
        valid: validation sequences of the fits.
        setting: each fit gets a scratch folder of its own inside this one's.
    """
    from seqarena.families.hidden_markov import HiddenMarkovModel

    rows = []
    for n in n_states:
        model = HiddenMarkovModel(type(config)(**{**config.model_dump(), "n_states": n}), schema)
        scratch = setting.scratch / f"n_states-{n}"
        report = model.fit(train, valid, replace(setting, scratch=scratch))
        total, n_parameters = log_likelihood(model, train), model.n_free_parameters()
        rows.append(
            Candidate(
                n_states=n,
                n_parameters=n_parameters,
                log_likelihood=total,
                aic=akaike(total, n_parameters),
                bic=bayesian(total, n_parameters, int(train.n_scored.sum())),
                valid_loss=report.valid_loss,
            )
        )
    return tuple(rows)
