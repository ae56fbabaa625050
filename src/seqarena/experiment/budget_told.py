"""Budgets and searches, as a report tells them."""

from collections.abc import Mapping
from typing import Any

from seqarena.experiment.budget.config import CellBudget
from seqarena.experiment.budget.search_record import LOSS_OF_FITS, SearchRecord, Trial
from seqarena.reporting.search import Search, Tried
from seqarena.wording import counted


def budget_told(budget: CellBudget) -> str:
    """Return what an experiment may cost, in words; empty: nobody said."""
    parts = []
    if budget.parameters is not None:
        parts.append(f"{budget.parameters.told()} parameters")
    if budget.minutes is not None:
        parts.append(f"at most {budget.minutes:g} min for a fit")
    if budget.trials is not None:
        parts.append(counted(budget.trials, "trial"))
    if budget.is_exempt:
        parts.append("exempt from the rest of the budget")
    return ", ".join(parts)


def search_told(record: SearchRecord, notes: str = "") -> Search:
    """Return what a report tells of a search.

    Args:
        record: of the search.
        notes: what the losses of its fits are, where they are not the task's own.
    """
    is_noted = record.loss == LOSS_OF_FITS and notes
    places = {trial.number: place for place, trial in enumerate(record.trials)}
    return Search(
        loss=f"{record.loss}: {notes}" if is_noted else record.loss,
        trials=tuple(map(_tried, record.trials)),
        selected=places[record.selected.number],
        median=places[record.median.number],
        n_different=record.n_different,
    )


def _tried(trial: Trial) -> Tried:
    return Tried(
        settings=settings_told(trial.settings),
        loss=trial.loss,
        n_parameters=trial.n_parameters,
        wall_seconds=trial.wall_seconds,
        message=trial.message,
    )


def settings_told(settings: Mapping[str, Any]) -> str:
    """Return `learning_rate 0.0031, dropout 0.1`: a knob by the last part of its name."""
    return ", ".join(f"{knob.rpartition('.')[2]} {_value(v)}" for knob, v in settings.items())


def _value(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
