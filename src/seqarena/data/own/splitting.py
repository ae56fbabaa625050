"""From all examples to training, validation and test: by file, column, group, time, or a hash."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from seqarena.data.own.example import Example
from seqarena.data.splits import Split
from seqarena.errors import DataError

SplitRule = Literal["files", "column", "group", "time", "hash"]
"""What decides in which split an example stands."""
Examples = Sequence[Example]
SplitExamples = Mapping[Split, Examples]


class OwnSplitConfig(BaseModel):
    """How large validation and test are, where neither a file nor a column says which they are."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    valid_share: float = Field(default=0.1, gt=0, lt=1)
    """Share of the examples (by group: of the groups) that validates."""
    test_share: float = Field(default=0.1, gt=0, lt=1)
    """Share that tests; not used where there is a `test_path`."""
    seed: int = Field(default=0, ge=0)
    """Seed of the hash."""

    @model_validator(mode="after")
    def _leaves_something(self) -> "OwnSplitConfig":
        if self.valid_share + self.test_share >= 1:
            raise ValueError(
                f"valid_share {self.valid_share} and test_share {self.test_share} leave nothing "
                "for training; together they should be below 1."
            )
        return self


def split_examples(
    files: Mapping[Split, Examples], rule: SplitRule, config: OwnSplitConfig
) -> SplitExamples:
    """Return the three splits.

    Args:
        files: the examples of the file that trains, and of those that validate and test, where
            there are any; what no file gives is taken from the first by `rule`.
        rule: how that is done.
        config: shares and seed.

    Raises:
        DataError: a split is empty, a group stands in two, or an example lacks what decides.
    """
    shares = {
        split: share
        for split, share in ((Split.VALID, config.valid_share), (Split.TEST, config.test_share))
        if split not in files
    }
    divided = _divided(files[Split.TRAIN], rule, shares, config.seed) if shares else {}
    splits = {split: divided.get(split, files.get(split, ())) for split in Split}
    for split, examples in splits.items():
        if not examples:
            raise DataError(
                f"{split}: no example of {sum(map(len, files.values()))} is left for it, split by "
                f"{rule}; give more data, other shares, or a file of its own."
            )
    _refuse_shared_groups(splits)
    return splits


def describe_rule(rule: SplitRule, files: Mapping[Split, Examples]) -> str:
    """Say in a manifest how the examples were divided."""
    how = {
        "files": "each file is a split",
        "column": "as a column of the file says",
        "group": "by group: a seeded hash of a group's name decides for all of its examples, and "
        "no group stands in two splits",
        "time": "by time: the earliest train, the latest test; what is of one moment stays "
        "together, in the earlier split",
        "hash": "a seeded hash of the input decides, label by label; copies stay together, and "
        "new examples move no other",
    }[rule]
    given = [split.value for split in (Split.VALID, Split.TEST) if split in files]
    return how + (
        f"; {' and '.join(given)}: a file of its own" if given and rule != "files" else ""
    )


def refuse_rare_labels(files: Mapping[Split, Examples], min_count: int) -> None:
    """Refuse a class that has fewer examples than `min_count` over all files.

    Raises:
        DataError: with the first example of such a class, and the names of them all.
    """
    examples = [each for own in files.values() for each in own]
    counts = Counter(each.label for each in examples)
    rare = [each for each in examples if counts[each.label] < min_count]
    if rare:
        names = sorted({repr(each.label) for each in rare})
        raise DataError(
            f"{rare[0].where}: label {rare[0].label!r} has {counts[rare[0].label]} of "
            f"{len(examples)} examples, expected at least {min_count} (min_label_count); so rare "
            f"are {', '.join(names[:20])}{' and others' * (len(names) > 20)}. Correct them, give "
            "more examples, take them out, or set `min_label_count: 1`."
        )


def _divided(
    examples: Examples, rule: SplitRule, shares: Mapping[Split, float], seed: int
) -> SplitExamples:
    match rule:
        case "column":
            chosen = [_told(example) for example in examples]
        case "group":
            groups = [str(each.group).encode() for each in examples]
            chosen = _spread(groups, [None] * len(groups), shares, seed)
        case "time":
            chosen = _by_time(examples, shares)
        case "hash" | "files":
            inputs = [each.key() for each in examples]
            chosen = _spread(inputs, [each.label for each in examples], shares, seed)
    divided: dict[Split, list[Example]] = {split: [] for split in (Split.TRAIN, *shares)}
    for example, split in zip(examples, chosen, strict=True):
        divided.setdefault(split, []).append(example)
    return divided


def _told(example: Example) -> Split:
    if example.split is None:
        raise DataError(f"{example.where}: does not say its split; fill that column.")
    return example.split


def _by_hash(key: bytes, shares: Mapping[Split, float], seed: int) -> Split:
    """Choose by a number from 0 to 1 that depends on key and seed alone."""
    place, end = _place(key, seed), 0.0
    for split, share in shares.items():
        end += share
        if place < end:
            return split
    return Split.TRAIN


def _place(key: bytes, seed: int) -> float:
    digest = hashlib.blake2b(key, digest_size=8, key=str(seed).encode()).digest()
    return float(int.from_bytes(digest, "big") / 2**64)


def _spread(
    keys: Sequence[bytes], strata: Sequence[str | None], shares: Mapping[Split, float], seed: int
) -> list[Split]:
    """Let the hash of a key choose; a stratum that it leaves out of a split gets one key there.

    The key that moves has the smallest hash of a split where the stratum has two or more, so that
    in a stratum of many keys none ever moves.
    """
    choice = {key: _by_hash(key, shares, seed) for key in keys}
    members: dict[str, set[bytes]] = defaultdict(set)
    for key, stratum in zip(keys, strata, strict=True):
        members[str(stratum)].add(key)
    for _, own in sorted(members.items()):
        ordered = sorted(own, key=lambda key: (_place(key, seed), key))
        for split in (Split.TRAIN, *shares):
            held = Counter(choice[key] for key in ordered)
            spare = [key for key in ordered if held[choice[key]] > 1]
            if split not in held and spare:
                choice[spare[0]] = split
    return [choice[key] for key in keys]


def _by_time(examples: Examples, shares: Mapping[Split, float]) -> list[Split]:
    times = [_moment(example) for example in examples]
    ordered = np.sort(times)
    test_share = shares.get(Split.TEST, 0.0)
    last_valid = _cut(ordered, test_share)
    last_train = _cut(ordered, test_share + shares.get(Split.VALID, 0.0))
    return [
        Split.TEST if time > last_valid else Split.VALID if time > last_train else Split.TRAIN
        for time in times
    ]


def _cut(ordered: np.ndarray, share: float) -> float:
    """Return the moment after which the last `share` of the examples lies."""
    return float(ordered[max(len(ordered) - round(share * len(ordered)), 1) - 1])


def _moment(example: Example) -> float:
    if example.time is None:
        raise DataError(f"{example.where}: does not say its time; fill that column.")
    return example.time


def _refuse_shared_groups(splits: SplitExamples) -> None:
    homes: dict[str, tuple[Split, str]] = {}
    for split, examples in splits.items():
        for example in examples:
            if example.group is None:
                continue
            home, where = homes.setdefault(example.group, (split, example.where))
            if home != split:
                raise DataError(
                    f"{example.where}: group {example.group!r} is in {split}, and in {home} too "
                    f"({where}); put a group into one split, or map no group."
                )
