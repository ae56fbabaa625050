"""Actions as moving skeletons: who tests, what validates, and what is seen of a body."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from pydantic import Field, field_validator

from seqarena.data.manifest import Fact, Provenance
from seqarena.data.part import Part, three_parts
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.stratify import stratified_share
from seqarena.errors import DataError
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import Sequences, sequences_of

N_JOINTS = 20
SUBJECTS = tuple(range(1, 11))

Joints = Float[np.ndarray, "frames 20 3"]

PREPROCESSING = (
    "joints relative to the centre of the hip in the same frame, which is left out, divided by the "
    "mean distance from there to the centre of the shoulders: 19 x 3 numbers a frame"
)


@dataclass(frozen=True)
class Action:
    """One person, doing one thing once."""

    id: str
    subject: int
    label: int
    joints: Joints
    """x, y, z of each joint [metres]."""


class SkeletonConfig(SourceConfig):
    """Settings of every source of skeletons: whose sequences test, and which ones validate."""

    input_kind = "frames"
    test_subjects: tuple[int, ...] = Field(default=(2, 4, 6, 8, 10), min_length=1, strict=False)
    """Persons, 1 to 10, whose sequences are the test; they are in no other split."""
    valid_share: float = Field(default=0.15, gt=0, lt=1)
    """Share of the other persons' sequences of each action that validates (at least one)."""
    split_seed: int = Field(default=0, ge=0)
    """Seed of that choice."""

    @field_validator("test_subjects")
    @classmethod
    def _leave_some_to_train(cls, subjects: tuple[int, ...]) -> tuple[int, ...]:
        known = set(subjects) < set(SUBJECTS) and len(set(subjects)) == len(subjects)
        if not known:
            raise ValueError(
                f"got {list(subjects)}; should be different persons, 1 to 10, and not all of them."
            )
        return subjects


@dataclass(frozen=True)
class Described:
    """What a data set says of itself."""

    class_names: tuple[str, ...]
    provenance: Provenance
    protocol: dict[str, Fact]


def skeleton_source(
    actions: list[Action], config: SkeletonConfig, described: Described, hip: int, shoulders: int
) -> SourceData:
    """Split the actions by person, and make frames of them.

    Args:
        actions: all of them, in a fixed order.
        config: who tests.
        described: names and origin.
        hip: row of the hip's centre among the joints.
        shoulders: row of the shoulders' centre.

    Raises:
        DataError: a skeleton has no size, or a split is left without an action.
    """
    everything = sequences_of(
        [seen(each, hip, shoulders) for each in actions],
        labels=[each.label for each in actions],
        ids=tuple(each.id for each in actions),
    )
    return SourceData(
        schema=DataSchema(
            "classification", dim=3 * (N_JOINTS - 1), n_classes=len(described.class_names)
        ),
        parts=three_parts(*_parts(everything, actions, config)),
        provenance=described.provenance,
        protocol={
            "split": "by person: those who test are in no other split; validation is carved out of "
            "the others' sequences, the same share of every action",
            "test_subjects": [str(each) for each in config.test_subjects],
            "valid_share": config.valid_share,
            "split_seed": config.split_seed,
            "preprocessing": PREPROCESSING,
            "scored": "the label of each sequence",
            **described.protocol,
        },
        class_names=described.class_names,
    )


def seen(action: Action, hip: int, shoulders: int) -> Float[np.ndarray, "frames 57"]:
    """Return a body that stands nowhere and has no size: see `PREPROCESSING`.

    Raises:
        DataError: shoulders and hip are at the same place throughout.
    """
    relative = action.joints - action.joints[:, hip : hip + 1]
    size = float(np.linalg.norm(relative[:, shoulders], axis=1).mean())
    if not size > 0:
        raise DataError(
            f"{action.id}: hip and shoulders are {size} apart; a skeleton needs a size. Drop the "
            "sequence."
        )
    return np.delete(relative, hip, axis=1).reshape(len(relative), -1) / size


def _parts(everything: Sequences, actions: list[Action], config: SkeletonConfig) -> list[Part]:
    subjects = np.array([each.subject for each in actions])
    is_test = np.isin(subjects, config.test_subjects)
    others, labels = np.flatnonzero(~is_test), everything.labels
    if labels is None or not others.size or not is_test.any():
        raise DataError(
            f"test_subjects {list(config.test_subjects)} leave {int(is_test.sum())} of "
            f"{len(everything)} sequences to test; each split needs one."
        )
    generator = numpy_generator(config.split_seed, "skeletons", *config.test_subjects)
    valid = stratified_share(labels, others, config.valid_share, generator)
    rows = (np.setdiff1d(others, valid), valid, np.flatnonzero(is_test))
    return [
        Part(everything.select(own), groups=tuple(f"person {each}" for each in subjects[own]))
        for own in rows
    ]
