"""What else the fits of several families say in numbers: a table for each kind of them."""

import re
from collections.abc import Sequence
from functools import reduce
from operator import add

import numpy as np

from seqarena.attribution.comparison.alignments import alignment_table
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.comparison.family_numbers import ORACLE
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.oracle.gain_question import GAIN, TRUE_GAIN
from seqarena.attribution.oracle.lag_influence import lag_influence
from seqarena.attribution.over_validation import PREFIX as VALID
from seqarena.attribution.over_validation import SHOWN
from seqarena.attribution.viewer.viewed import TableRow, ViewedTable

_ABOUT_VALIDATION = (
    "Means over rows, heads and layers of attention weights, and over seeds, of the validation "
    "split; how much of it was read, the manifest of each run says (`cost.validation`)."
)
LAGS = (1, 2, 3, 4, 6, 8)
_ABOUT_LAGS = (
    "Mean influence of the step so many steps back on an output, over probes and seeds [bits]. The "
    "true process shows where there is anything to look at."
)
_ABOUT_GAIN = (
    "G(k): log-loss with the last k steps alone, less that with all, of the same outputs of the "
    "test split; mean over seeds. 0 from the length on beyond which nothing is used, and below 0 "
    "where a model is misled by what lies farther back. The true process shows how much there is."
)


def further_tables(families: Sequence[FamilyMaps]) -> tuple[ViewedTable, ...]:
    """Return alignments side by side, what is known beside a true process, and weights at large."""
    found = (
        alignment_table(families),
        lag_table(families),
        gain_table(families),
        validation_table(families),
    )
    return tuple(each for each in found if each is not None)


def validation_table(families: Sequence[FamilyMaps]) -> ViewedTable | None:
    """Return what attention is like over the validation split; None where no family has any."""
    names = [f"{VALID}/{metric}" for metric in SHOWN]
    known = tuple(
        _row(each.name, numbers)
        for each in families
        if not np.isnan(numbers := [_seed_mean(each, name) for name in names]).all()
    )
    head = ("family", *SHOWN.values())
    title = "Attention over the validation split"
    return ViewedTable(title, head, known, _ABOUT_VALIDATION) if known else None


def lag_table(families: Sequence[FamilyMaps]) -> ViewedTable | None:
    """Return influence by lag of densities beside the true process; None where it is not known."""
    known = [each for each in families if _true_maps(each)]
    if not known:
        return None
    true = _row("the true process", _by_lag(_true_maps(known[0])))
    own = (
        _row(each.name, _by_lag([m for run in each.runs for m in run.influence])) for each in known
    )
    head = ("family", *(f"{lag} back [bits]" for lag in LAGS))
    return ViewedTable("Influence by lag", head, (true, *own), _ABOUT_LAGS)


def gain_table(families: Sequence[FamilyMaps]) -> ViewedTable | None:
    """Return G(k) of every family beside that of the true process; None where it is not known."""
    lengths = sorted({length for each in families for length in _lengths(each)})
    if not lengths:
        return None
    known = [each for each in families if _lengths(each)]
    everyone = FamilyMaps("", tuple(run for each in known for run in each.runs))
    true = _row("the true process", _gains(everyone, TRUE_GAIN, lengths))
    rows = (true, *(_row(each.name, _gains(each, GAIN, lengths)) for each in known))
    head = ("family", *(f"k = {length} [bits]" for length in lengths))
    return ViewedTable("Context gain", head, rows, _ABOUT_GAIN)


def _row(name: str, numbers: Sequence[float]) -> TableRow:
    return (name, *numbers)


def _gains(family: FamilyMaps, prefix: str, lengths: Sequence[int]) -> list[float]:
    return [_seed_mean(family, f"{prefix}/{length}") for length in lengths]


def _lengths(family: FamilyMaps) -> set[int]:
    found = (re.fullmatch(f"{GAIN}/([0-9]+)", name) for run in family.runs for name in run.summary)
    return {int(each[1]) for each in found if each}


def _true_maps(family: FamilyMaps) -> list[InfluenceMap]:
    """Return the true maps of outputs that are the steps themselves, of which lags can be told."""
    maps = family.runs[0].capture.further.get(ORACLE, ())
    known = [one for one in maps if one is not None]
    return [one for one in known if one.change.shape[0] == one.change.shape[1] > 1]


def _by_lag(maps: Sequence[InfluenceMap]) -> list[float]:
    mean = reduce(add, (lag_influence(one, LAGS) for one in maps)).mean
    return list(map(float, mean))


def _seed_mean(family: FamilyMaps, name: str) -> float:
    known = [run.summary[name] for run in family.runs if name in run.summary]
    return float(np.mean(known)) if known else float("nan")
