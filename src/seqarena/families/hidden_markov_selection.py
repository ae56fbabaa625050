"""How many states: information criteria of hidden Markov models, and a table of candidates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seqarena.batch import Sequences
from seqarena.families.engine_fit import batches_by_length
from seqarena.families.information_criteria import aic, bic
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
    return sum(float(model.log_prob(batch).sum()) for batch in batches_by_length(sequences))


def criteria(model: "HiddenMarkovModel", sequences: Sequences) -> tuple[float, float]:
    """Return Akaike's and Schwarz's criterion; a scored step is one observation."""
    total, n_parameters = log_likelihood(model, sequences), model.n_free_parameters()
    n_observations = int(sequences.n_scored.sum())
    return aic(total, n_parameters), bic(total, n_parameters, n_observations)


def n_free_parameters(model: "HiddenMarkovModel") -> int:
    """Return allowed starts and transitions less one per distribution, plus the emissions'."""
    starts = int(model.can_start.sum()) - 1
    moves = int(model.can_move.sum()) - len(model.can_move)
    return starts + moves + model.emission.n_free_parameters()


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
                aic=aic(total, n_parameters),
                bic=bic(total, n_parameters, int(train.n_scored.sum())),
                valid_loss=report.valid_loss,
            )
        )
    return tuple(rows)
