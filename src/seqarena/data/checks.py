"""Guards against data that would fool a comparison: each names the split and the row."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from seqarena.data.content import example_digests
from seqarena.data.part import Part, Parts
from seqarena.data.splits import Split
from seqarena.errors import DataError
from seqarena.sequences import Sequences

DuplicatePolicy = Literal["refuse", "count", "drop"]
"""What to do with an input that stands in two splits: stop; go on and write down how many there
are; or take it out of the earlier split (of train before valid before test)."""


@dataclass(frozen=True)
class Duplicate:
    """One input in two splits. `copy` is the one that `drop` takes out."""

    split: Split
    copy: int
    kept_split: Split
    kept: int


def refuse_empty(values: list[np.ndarray], where: str) -> None:
    """Refuse sequences without a step.

    Raises:
        DataError: with the first empty row; `where` says in which split or file.
    """
    for row, value in enumerate(values):
        if len(value) == 0:
            raise DataError(
                f"{where} row {row} of {len(values)} is empty; take it out of the source."
            )


def refuse_non_finite(part: Part, where: str) -> None:
    """Refuse frames that hold NaN or infinity.

    Raises:
        DataError: with the first such row, step and dimension.
    """
    sequences = part.sequences
    if sequences.features is None:
        return
    bad = np.argwhere(~np.isfinite(sequences.features))
    if len(bad):
        step, dim = (int(index) for index in bad[0])
        row = int(np.searchsorted(sequences.offsets, step, side="right")) - 1
        raise DataError(
            f"{where} {part.name(row)}: step {step - int(sequences.offsets[row])}, dimension {dim} "
            f"is {sequences.features[step, dim]}; frames must be finite. Repair or drop that row."
        )


def refuse_unseen_labels(
    train: Sequences, part: Part, where: str, class_names: tuple[str, ...] | None
) -> None:
    """Refuse a label that no training example bears.

    Raises:
        DataError: with the first such row and its label.
    """
    if train.labels is None or part.sequences.labels is None:
        return
    known = np.unique(train.labels)
    unseen = np.flatnonzero(~np.isin(part.sequences.labels, known))
    if unseen.size:
        label = int(part.sequences.labels[unseen[0]])
        names = [_label_name(int(each), class_names) for each in known]
        raise DataError(
            f"{where} {part.name(int(unseen[0]))}: label {_label_name(label, class_names)} does "
            f"not occur in training (which has {', '.join(names)}); no model can learn it."
        )


def refuse_unseen_tags(
    train: Sequences, part: Part, where: str, tag_names: tuple[str, ...] | None
) -> None:
    """Refuse a tag that no training step bears.

    Raises:
        DataError: with the first such row, step and tag.
    """
    if train.tags is None or part.sequences.tags is None:
        return
    known = np.unique(train.tags)
    for at in np.flatnonzero(~np.isin(part.sequences.tags, known))[:1].tolist():
        offsets = part.sequences.offsets
        row = int(np.searchsorted(offsets, at, side="right")) - 1
        tag = _label_name(int(part.sequences.tags[at]), tag_names)
        names = [_label_name(int(each), tag_names) for each in known]
        raise DataError(
            f"{where} {part.name(row)}: step {at - int(offsets[row])} has tag {tag}, which does "
            f"not occur in training (which has {', '.join(names)}); no model can learn it."
        )


def cross_split_duplicates(parts: Parts) -> list[Duplicate]:
    """Find the inputs that stand in two splits; each copy is named once, its last home kept."""
    homes: dict[bytes, tuple[Split, int]] = {}
    duplicates = []
    for split in reversed(list(parts)):
        own: dict[bytes, tuple[Split, int]] = {}
        for row, digest in enumerate(example_digests(parts[split].sequences)):
            if digest in homes:
                duplicates.append(Duplicate(split, row, *homes[digest]))
            own.setdefault(digest, (split, row))
        homes = own | homes
    return duplicates


def resolve_duplicates(parts: Parts, policy: DuplicatePolicy) -> tuple[Parts, int]:
    """Apply the task's policy; return what is left, and how many copies were found.

    Raises:
        DataError: the policy is `refuse` and there is a copy; or `drop` leaves nothing of a split.
    """
    duplicates = cross_split_duplicates(parts)
    if duplicates and policy == "refuse":
        first = duplicates[0]
        raise DataError(
            f"{first.split} {parts[first.split].name(first.copy)} equals {first.kept_split} "
            f"{parts[first.kept_split].name(first.kept)}, and {len(duplicates) - 1} more such "
            "pairs; set `duplicates: drop` to take the copies out, or `count` to keep them."
        )
    if duplicates and policy == "drop":
        parts = {split: _without(part, split, duplicates) for split, part in parts.items()}
    return parts, len(duplicates)


def refuse_links_outside(part: Part, where: str) -> None:
    """Refuse a gold link to a step that is not there, or to the end symbol of a target.

    Raises:
        DataError: with the first such row and link.
    """
    sequences, links = part.sequences, part.links
    if links is None or sequences.target is None:
        return
    row = np.repeat(np.arange(len(links)), np.diff(links.offsets))
    sizes = np.stack([sequences.lengths[row], sequences.target.lengths[row] - 1], axis=1)
    outside = np.flatnonzero(((links.pairs < 0) | (links.pairs >= sizes)).any(axis=1))
    for at in outside[:1].tolist():
        (source, target), (n_source, n_target) = links.pairs[at].tolist(), sizes[at].tolist()
        raise DataError(
            f"{where} {part.name(int(row[at]))}: link {source}-{target} is outside a pair of "
            f"{n_source} source and {n_target} target words; steps are counted from 0."
        )


def check_parts(
    parts: Parts,
    class_names: tuple[str, ...] | None,
    tag_names: tuple[str, ...] | None = None,
) -> None:
    """Run the guards that look at one split at a time.

    Raises:
        DataError: as the guards do.
    """
    train = parts[Split.TRAIN].sequences
    for split, part in parts.items():
        refuse_non_finite(part, split)
        refuse_unseen_labels(train, part, split, class_names)
        refuse_unseen_tags(train, part, split, tag_names)
        refuse_links_outside(part, split)


def _without(part: Part, split: Split, duplicates: list[Duplicate]) -> Part:
    dropped = [each.copy for each in duplicates if each.split == split]
    rows = np.setdiff1d(np.arange(len(part.sequences)), dropped)
    if rows.size == 0:
        raise DataError(f"{split}: every row stands in a later split too; nothing would be left.")
    return part.select(rows)


def _label_name(label: int, class_names: tuple[str, ...] | None) -> str:
    known = class_names is not None and label < len(class_names)
    return repr(class_names[label]) if class_names is not None and known else str(label)
