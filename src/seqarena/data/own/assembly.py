"""From split examples to what a task prepares: alphabets and names out of training alone."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from seqarena.data.alphabet import Alphabet, alphabet_of, n_unknown
from seqarena.data.manifest import Fact, Provenance
from seqarena.data.own.example import Example
from seqarena.data.own.splitting import Examples, SplitExamples
from seqarena.data.part import Part
from seqarena.data.sources.source_data import SourceData
from seqarena.data.spectra import joined
from seqarena.data.splits import Split
from seqarena.errors import DataError
from seqarena.schema import DataSchema, FrameKind, TaskKind
from seqarena.sequences import Sequences, sequences_of

END = "<end>"
"""Name of the symbol that ends every target."""


NamesOf = Callable[[Example], Iterable[str | None]]
"""From an example to the names in it."""


@dataclass(frozen=True)
class AboutOwn:
    """What a source says of the user's data beside the examples."""

    task_kind: TaskKind
    provenance: Provenance
    protocol: Mapping[str, Fact]
    unit: Literal["character", "word"] = "word"
    """What a symbol of the input is."""
    target_unit: Literal["character", "word"] = "character"
    min_count: int = 1
    counts: Mapping[str, int] = field(default_factory=dict)
    grid: tuple[int, int] | None = None
    """Rows and columns, where the steps are regions of a picture."""
    patch: tuple[int, int] | None = None
    frame_kind: FrameKind = "real"
    """What the numbers of a frame are, where the inputs are frames."""


@dataclass(frozen=True)
class _Codes:
    """What training taught about names: which there are, and their numbers."""

    alphabet: Alphabet | None
    targets: Alphabet | None
    classes: tuple[str, ...] | None
    tags: tuple[str, ...] | None


def own_source(splits: SplitExamples, about: AboutOwn) -> SourceData:
    """Number symbols, classes and tags as training has them, and the others by the same rule.

    Raises:
        DataError: frames differ in width or hold numbers of another kind than was said, training
            has one class alone, or another split has a class or a tag that training lacks; names
            file and line.
    """
    train = splits[Split.TRAIN]
    dim = _width(splits)
    _require_frame_kind(splits, about.frame_kind)
    codes = _Codes(
        alphabet=None
        if dim is not None
        else alphabet_of([each.value for each in train], about.min_count),
        targets=None
        if train[0].target is None
        else alphabet_of([each.target or () for each in train]),
        classes=_names(splits, "label", lambda each: (each.label,)),
        tags=_names(splits, "tag", lambda each: each.tags or (None,)),
    )
    parts = {split: _part(examples, codes) for split, examples in splits.items()}
    parts |= {
        split: replace(parts[split], spectra=_spectra(splits[split]))
        for split in (Split.VALID, Split.TEST)
    }
    target_symbols = None if codes.targets is None else (*codes.targets.symbols, END)
    return SourceData(
        schema=DataSchema(
            about.task_kind,
            n_symbols=None if codes.alphabet is None else len(codes.alphabet),
            symbol_unit="symbol" if codes.alphabet is None else about.unit,
            dim=dim,
            n_classes=None if codes.classes is None else len(codes.classes),
            n_tags=None if codes.tags is None else len(codes.tags),
            n_target_symbols=None if target_symbols is None else len(target_symbols),
            target_end=None if target_symbols is None else len(target_symbols) - 1,
            target_unit=about.target_unit,
            grid=about.grid,
            patch=about.patch,
            frame_kind=about.frame_kind,
        ),
        parts=parts,
        provenance=about.provenance,
        protocol={**about.protocol, **_alphabet_protocol(codes, about)},
        symbols=None if codes.alphabet is None else codes.alphabet.symbols,
        target_symbols=target_symbols,
        class_names=codes.classes,
        tag_names=codes.tags,
        counts={**about.counts, **_unknown(parts, codes)},
    )


def _width(splits: SplitExamples) -> int | None:
    """Return the numbers of a frame; None where the inputs are symbols."""
    first = splits[Split.TRAIN][0]
    if not isinstance(first.value, np.ndarray):
        return None
    for example in (each for examples in splits.values() for each in examples):
        width = np.asarray(example.value).shape[1]
        if width != first.value.shape[1]:
            raise DataError(
                f"{example.where}: {width} numbers a step, and {first.value.shape[1]} in "
                f"{first.where}; every step has as many."
            )
    return int(first.value.shape[1])


def _require_frame_kind(splits: SplitExamples, kind: FrameKind) -> None:
    if kind == "real":
        return
    for example in (each for examples in splits.values() for each in examples):
        frames = np.asarray(example.value)
        other = (frames < 0) | (frames != np.floor(frames))
        expected = "a whole number from 0 on"
        if kind == "binary":
            other, expected = (frames != 0) & (frames != 1), "0 or 1"
        for step, at in np.argwhere(other)[:1].tolist():
            raise DataError(
                f"{example.where}: number {at} of step {step} is {frames[step, at]:g}, and numbers "
                f"says {kind!r}: expected {expected}. Correct it, or leave numbers out."
            )


def _names(splits: SplitExamples, noun: str, of: NamesOf) -> tuple[str, ...] | None:
    """Return the names that training has, numbers in their order; None where there are none."""
    names = {name for example in splits[Split.TRAIN] for name in of(example)} - {None}
    if not names:
        return None
    known = sorted((str(name) for name in names), key=_number_or_text)
    if len(known) == 1:
        raise DataError(
            f"{splits[Split.TRAIN][0].where}: every training example has the {noun} {known[0]!r}; "
            "at least two are needed."
        )
    for split, examples in splits.items():
        for example in examples:
            for name in of(example):
                if name not in names:
                    raise DataError(
                        f"{example.where}: {noun} {name!r} of {split} does not occur in training "
                        f"(which has {_listed(known)}); no model can learn it. Correct it, or "
                        "split otherwise."
                    )
    return tuple(known)


def _number_or_text(name: str) -> tuple[bool, int, str]:
    is_number = name.isascii() and name.isdigit() and len(name) < 16
    return (not is_number, int(name) if is_number else 0, name)


def _listed(names: list[str], most: int = 20) -> str:
    shown = ", ".join(repr(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _part(examples: Examples, codes: _Codes) -> Part:
    class_of, tag_of = (
        {name: at for at, name in enumerate(names or ())} for names in (codes.classes, codes.tags)
    )
    values = [
        np.asarray(each.value) if codes.alphabet is None else codes.alphabet.encode(each.value)
        for each in examples
    ]
    return Part(
        sequences_of(
            values,
            labels=None
            if codes.classes is None
            else [class_of[str(each.label)] for each in examples],
            tags=None
            if codes.tags is None
            else [np.array([tag_of[tag] for tag in each.tags or ()]) for each in examples],
            target=_targets(examples, codes.targets),
            ids=tuple(each.id for each in examples),
        ),
        groups=groups_of(examples),
        times=times_of(examples),
        places=tuple(each.where for each in examples),
    )


def _spectra(examples: Examples) -> np.ndarray | None:
    hear = [each.hear for each in examples if each.hear is not None]
    return joined(each() for each in hear) if hear else None


def groups_of(examples: Examples) -> tuple[str, ...] | None:
    """Return who or what each is of, if all of them tell."""
    groups = tuple(each.group for each in examples if each.group is not None)
    return groups if len(groups) == len(examples) else None


def times_of(examples: Examples) -> np.ndarray | None:
    """Return when each was, if all of them tell."""
    times = [each.time for each in examples if each.time is not None]
    return np.array(times) if len(times) == len(examples) else None


def _targets(examples: Examples, alphabet: Alphabet | None) -> Sequences | None:
    if alphabet is None:
        return None
    end = len(alphabet)
    return sequences_of([np.append(alphabet.encode(each.target or ()), end) for each in examples])


def _unknown(parts: Mapping[Split, Part], codes: _Codes) -> dict[str, int]:
    found = {}
    for split, part in parts.items():
        if codes.alphabet is not None:
            found[f"unknown_symbols_{split}"] = n_unknown(part.sequences.values)
        if part.sequences.target is not None:
            found[f"unknown_target_symbols_{split}"] = n_unknown(part.sequences.target.values)
    return found


def _alphabet_protocol(codes: _Codes, about: AboutOwn) -> dict[str, Fact]:
    if codes.alphabet is None:
        return {}
    return {
        "alphabet": f"{about.unit}s that occur at least {about.min_count} times in training; all "
        f"others are one unknown {about.unit} (token 0)"
    }
