"""The text of Python's language reference, character by character, as CPython ships it."""

import hashlib
import json
import platform
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator

from seqarena.data.manifest import Fact, Provenance
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.text_windows import (
    AboutText,
    Place,
    TextWindowsConfig,
    text_source,
    training_places,
)
from seqarena.data.sources.topics import (
    Documents,
    drop_repeats,
    fill_shares,
    groups_that_share,
    n_shared,
)
from seqarena.errors import DataError
from seqarena.seeds import numpy_generator

_REPEAT_SHARE = 0.5


class PythonReferenceConfig(TextWindowsConfig):
    """Whole topics go to one split; a window and a stride state what is context."""

    kind: Literal["python_reference"]
    min_count: int = Field(default=10, ge=1)
    """A character that occurs less often in training is unknown everywhere."""
    valid_share: float = Field(default=0.1, gt=0, lt=0.5)
    """Share of all characters that validates, at most."""
    test_share: float = Field(default=0.1, gt=0, lt=0.5)
    """Share of all characters that tests, at most."""
    split_seed: int = Field(default=0, ge=0)
    """Seed of the choice of topics, and of training windows."""
    passage: int = Field(default=100, ge=20)
    """Topics that share this many characters in a row go to the same split; a topic that mostly
    repeats longer ones is dropped."""
    max_train_windows: int | None = Field(default=None, ge=1)
    """Training windows kept, chosen at random; None: all. A stream must be whole."""

    @field_validator("max_train_windows")
    @classmethod
    def _of_blocks(cls, n_windows: int | None, info: Any) -> int | None:
        if n_windows is not None and info.data.get("context") == "stream":
            raise ValueError(
                f"got {n_windows}, but a stream is read whole; leave it out, or set context to "
                "'blocks'."
            )
        return n_windows

    def symbols_of(self, text: str) -> str:
        """Take every character."""
        return text

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_python_reference(self)


def read_python_reference(config: PythonReferenceConfig) -> SourceData:
    """Read the topics of the running Python, and cut them into windows.

    Raises:
        DataError: the shares leave a split empty, or too many characters are unknown.
    """
    # Imported here: half a megabyte of text that no other source needs.
    from pydoc_data.topics import topics

    documents = drop_repeats(dict(topics), config.passage, _REPEAT_SHARE)
    splits = split_documents(documents, config)
    about = AboutText(
        unit="character",
        document="topic",
        provenance=_provenance(topics),
        protocol=_protocol(config),
        counts=_counts(topics, documents, splits, config.passage),
    )
    return text_source(splits, config, about, _kept(splits[0], config))


def split_documents(
    documents: Documents, config: PythonReferenceConfig
) -> tuple[Documents, Documents, Documents]:
    """Deal the groups of documents that share passages out to training, validation and test.

    Raises:
        DataError: a share is too small for any group, or nothing is left for training.
    """
    groups = groups_that_share(documents, config.passage)
    test, valid, train = fill_shares(
        groups,
        {name: len(text) for name, text in documents.items()},
        [config.test_share, config.valid_share],
        numpy_generator(config.split_seed, config.kind, "split"),
    )
    for split, names in (("test", test), ("valid", valid), ("train", train)):
        if not names:
            raise DataError(
                f"python_reference: no topic fits into {split}; change {split}_share or split_seed."
                if split != "train"
                else "python_reference: valid_share and test_share leave no topic for training."
            )
    return (
        {name: documents[name] for name in train},
        {name: documents[name] for name in valid},
        {name: documents[name] for name in test},
    )


def _kept(train: Documents, config: PythonReferenceConfig) -> list[Place]:
    windows = training_places(train, config)
    if config.max_train_windows is None or config.max_train_windows >= len(windows):
        return windows
    generator = numpy_generator(config.split_seed, config.kind, "train_windows")
    chosen = generator.choice(len(windows), size=config.max_train_windows, replace=False)
    return [windows[index] for index in np.sort(chosen)]


def _counts(
    topics: Documents,
    documents: Documents,
    splits: tuple[Documents, Documents, Documents],
    passage: int,
) -> dict[str, int]:
    train, valid, test = splits
    return {
        "topics": len(topics),
        "topics_dropped_as_repeats": len(topics) - len(documents),
        "characters_dropped_as_repeats": sum(map(len, topics.values()))
        - sum(map(len, documents.values())),
        "topics_train": len(train),
        "topics_valid": len(valid),
        "topics_test": len(test),
        "passages_across_topics_as_shipped": n_shared(
            [{name: text} for name, text in topics.items()], passage
        ),
        "passages_across_splits": n_shared((train, valid, test), passage),
    }


def _provenance(topics: Documents) -> Provenance:
    text = json.dumps(topics, sort_keys=True, ensure_ascii=False)
    return Provenance(
        description="topics of Python's language reference, module pydoc_data.topics of CPython",
        licence="PSF-2.0",
        citation="Python Software Foundation. The Python Language Reference.",
        versions={
            "python": platform.python_version(),
            "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        },
    )


def _protocol(config: PythonReferenceConfig) -> dict[str, Fact]:
    return {
        "split": f"whole topics; a topic of whose passages ({config.passage} characters in a row, "
        "layout and case ignored) half stand in longer topics is dropped; topics that share one "
        "passage go to the same split",
        "split_seed": config.split_seed,
        "max_train_windows": config.max_train_windows,
    }
