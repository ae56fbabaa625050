"""Guards against a test that knows training: near copies, shared groups, and broken time order."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from seqarena.data.manifest import Fact
from seqarena.data.near_duplicates import near_duplicates
from seqarena.data.part import Part, Parts
from seqarena.data.splits import Split
from seqarena.errors import DataError


class LeakageConfig(BaseModel):
    """What may be shared between the test and the splits before it.

    All is counted for validation too, and refused in the test alone: it is the test that a table
    prints.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    similarity: float = Field(default=0.9, ge=0.6, lt=1)
    """Inputs are near duplicates if they are at least so similar and not equal: 1 minus the number
    of symbols to be changed, put in or taken out, over the length of the longer one. Frames are not
    searched."""
    max_near_duplicates: float = Field(default=1.0, ge=0, le=1)
    """Share of the test's inputs that may be near duplicates of inputs of training or validation;
    1: any, they are only counted."""
    max_shared_groups: float = Field(default=0.0, ge=0, le=1)
    """Share of the test's examples whose group (speaker, subject, user) may also be in training or
    validation, where the source tells groups."""
    max_out_of_time: float = Field(default=0.0, ge=0, le=1)
    """Share of the test's examples that may be earlier than the last one of training and
    validation, where the source tells times."""


@dataclass(frozen=True)
class _Finding:
    """How many examples of a split share something with earlier splits, and the first of them."""

    name: str
    split: Split
    n: int
    first: str

    @property
    def count(self) -> tuple[str, int]:
        return f"{self.name}_in_{self.split.value}", self.n


def refuse_leakage(parts: Parts, config: LeakageConfig) -> dict[str, int]:
    """Return what was found, by name; nothing is taken out.

    Raises:
        DataError: the test shares more than the task allows; names the first example.
    """
    counts: dict[str, int] = {}
    is_of_histories = _is_of_histories(parts[Split.TEST])
    for split in (Split.VALID, Split.TEST):
        earlier = {each: part for each, part in parts.items() if each in _before(split)}
        for finding in (
            *(
                []
                if is_of_histories
                else _near(earlier, split, parts[split], config.similarity, counts)
            ),
            *_groups(earlier, split, parts[split]),
            *_times(earlier, split, parts[split]),
        ):
            counts.update([finding.count])
            if split is Split.TEST:
                _refuse_above(finding, len(parts[split].sequences), config)
    return counts


def leakage_protocol(parts: Parts, config: LeakageConfig) -> dict[str, Fact]:
    """Say what was searched, for the manifest."""
    test, untold = parts[Split.TEST], "not counted: the source tells none"
    return {
        "near_duplicates": _searched(test, config),
        "shared_groups": untold if test.groups is None else "counted",
        "out_of_time": untold if test.times is None else "counted",
    }


def _searched(test: Part, config: LeakageConfig) -> str:
    if test.sequences.tokens is None:
        return "not searched: the inputs are frames"
    if _is_of_histories(test):
        return "not searched: a user's history stands in every split by design"
    return f"counted: inputs of similarity {config.similarity:g} or more"


def _is_of_histories(part: Part) -> bool:
    """Say whether each user's own items stand in every split, as leave-one-out has it."""
    return part.candidates is not None


def _before(split: Split) -> list[Split]:
    return list(Split)[: list(Split).index(split)]


def _near(
    earlier: Parts, split: Split, part: Part, similarity: float, counts: dict[str, int]
) -> Iterator[_Finding]:
    if part.sequences.tokens is None:
        return
    rows: dict[int, str] = {}
    for other, before in earlier.items():
        near = near_duplicates(before.sequences, part.sequences, similarity)
        for each in near.found:
            rows.setdefault(each.row, f"nearly equals {other.value} {before.name(each.other)}")
        if near.n_cut:
            counts[f"near_duplicates_of_{other.value}_not_all_compared_in_{split.value}"] = (
                near.n_cut
            )
    yield _finding("near_duplicates", split, part, rows)


def _groups(earlier: Parts, split: Split, part: Part) -> Iterator[_Finding]:
    if part.groups is None:
        return
    known: dict[str, str] = {}
    for other, before in earlier.items():
        for row, group in enumerate(before.groups or ()):
            known.setdefault(group, f"{other.value} {before.name(row)}")
    rows = {
        row: f"is of group {group!r}, as is {known[group]}"
        for row, group in enumerate(part.groups)
        if group in known
    }
    yield _finding("shared_groups", split, part, rows)


def _times(earlier: Parts, split: Split, part: Part) -> Iterator[_Finding]:
    told = [each.times for each in earlier.values() if each.times is not None]
    if part.times is None or not told:
        return
    last = np.concatenate(told).max()
    rows = {
        row: f"is of time {part.times[row]}, and what was before the test ends at {last}"
        for row in np.flatnonzero(part.times < last).tolist()
    }
    yield _finding("out_of_time", split, part, rows)


def _finding(name: str, split: Split, part: Part, rows: dict[int, str]) -> _Finding:
    first = min(rows, default=None)
    return _Finding(name, split, len(rows), "" if first is None else _said(part, first, rows))


def _said(part: Part, row: int, rows: dict[int, str]) -> str:
    return f"{part.name(row)} {rows[row]}"


def _refuse_above(finding: _Finding, n: int, config: LeakageConfig) -> None:
    allowed = {
        "near_duplicates": config.max_near_duplicates,
        "shared_groups": config.max_shared_groups,
        "out_of_time": config.max_out_of_time,
    }[finding.name]
    if finding.n > allowed * n:
        raise DataError(
            f"test {finding.first}: {finding.n} of {n} examples are such {finding.name}, more than "
            f"leakage.max_{finding.name} ({allowed:g}) allows; split otherwise, or allow more."
        )
