"""The text of Python's language reference, character by character, as CPython ships it."""

import hashlib
import json
import platform
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from seqarena.batch import sequences_of
from seqarena.data.alphabet import Alphabet, alphabet_of, n_unknown
from seqarena.data.manifest import Fact, Provenance
from seqarena.data.part import Part, three_parts
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.topics import (
    Documents,
    drop_repeats,
    fill_shares,
    groups_that_share,
    n_shared,
)
from seqarena.data.windows import (
    ContextProtocol,
    Window,
    describe_context,
    scoring_windows,
    training_windows,
    whole_document,
)
from seqarena.errors import DataError
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator

_REPEAT_SHARE = 0.5


class PythonReferenceConfig(BaseModel):
    """Whole topics go to one split; a window and a stride state what is context."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["python_reference"]
    context: ContextProtocol = "blocks"
    """`blocks`: windows that overlap. `stream`: whole topics, each character scored with all of its
    topic before it; families that cannot read those are refused."""
    window: int = Field(default=256, ge=2)
    """Characters that a model sees at once; of a stream, that gradients go back through."""
    stride: int = Field(default=128, ge=1, validate_default=True)
    """Characters scored in a validation or test window that is not a topic's first [characters];
    a stream has no such windows."""
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
    max_unknown_share: float = Field(default=0.02, ge=0, le=1)
    """A split with a larger share of unknown characters is refused."""

    @field_validator("stride")
    @classmethod
    def _overlap_or_touch(cls, stride: int, info: Any) -> int:
        window = info.data.get("window", stride)
        if stride > window:
            raise ValueError(
                f"got {stride}; should be at most window ({window}), or characters stay unscored."
            )
        return stride

    @field_validator("max_train_windows")
    @classmethod
    def _of_blocks(cls, n_windows: int | None, info: Any) -> int | None:
        if n_windows is not None and info.data.get("context") == "stream":
            raise ValueError(
                f"got {n_windows}, but a stream is read whole; leave it out, or set context to "
                "'blocks'."
            )
        return n_windows


def read_python_reference(config: PythonReferenceConfig) -> SourceData:
    """Read the topics of the running Python, and cut them into windows.

    Raises:
        DataError: the shares leave a split empty, or too many characters are unknown.
    """
    # Imported here: half a megabyte of text that no other source needs.
    from pydoc_data.topics import topics

    documents = drop_repeats(dict(topics), config.passage, _REPEAT_SHARE)
    train, valid, test = split_documents(documents, config)
    kept = _training_windows(train, config)
    alphabet = alphabet_of([train[name][w.start : w.end] for name, w in kept], config.min_count)
    parts = three_parts(
        _part(train, kept, alphabet, scored_apart=False),
        _part(valid, _windows(valid, config), alphabet, scored_apart=True),
        _part(test, _windows(test, config), alphabet, scored_apart=True),
    )
    unknown = {split: n_unknown(part.sequences.values) for split, part in parts.items()}
    for split, part in parts.items():
        _refuse_unknown(split, unknown[split], part.sequences.n_steps, config.max_unknown_share)
    return SourceData(
        schema=DataSchema(
            "density",
            n_symbols=len(alphabet),
            stream_window=config.window if config.context == "stream" else None,
        ),
        parts=parts,
        provenance=_provenance(topics),
        protocol=_protocol(config),
        symbols=alphabet.symbols,
        counts={
            "topics": len(topics),
            "topics_dropped_as_repeats": len(topics) - len(documents),
            "characters_dropped_as_repeats": sum(map(len, topics.values()))
            - sum(map(len, documents.values())),
            "topics_train": len(train),
            "topics_valid": len(valid),
            "topics_test": len(test),
            "passages_across_topics_as_shipped": n_shared(
                [{name: text} for name, text in topics.items()], config.passage
            ),
            "passages_across_splits": n_shared((train, valid, test), config.passage),
            **{f"unknown_characters_{split}": n for split, n in unknown.items()},
        },
    )


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


def _training_windows(
    documents: Documents, config: PythonReferenceConfig
) -> list[tuple[str, Window]]:
    if config.context == "stream":
        return _windows(documents, config)
    windows = [
        (name, window)
        for name, text in documents.items()
        for window in training_windows(len(text), config.window)
    ]
    if config.max_train_windows is None or config.max_train_windows >= len(windows):
        return windows
    generator = numpy_generator(config.split_seed, config.kind, "train_windows")
    chosen = generator.choice(len(windows), size=config.max_train_windows, replace=False)
    return [windows[index] for index in np.sort(chosen)]


def _windows(documents: Documents, config: PythonReferenceConfig) -> list[tuple[str, Window]]:
    def windows(length: int) -> list[Window]:
        if config.context == "stream":
            return whole_document(length)
        return scoring_windows(length, config.window, config.stride)

    return [(name, window) for name, text in documents.items() for window in windows(len(text))]


def _part(
    documents: Documents, windows: list[tuple[str, Window]], alphabet: Alphabet, scored_apart: bool
) -> Part:
    encoded = {name: alphabet.encode(text) for name, text in documents.items()}
    return Part(
        sequences_of(
            [encoded[name][window.start : window.end] for name, window in windows],
            scored_from=[window.scored_from for _, window in windows] if scored_apart else None,
            ids=tuple(f"{name}:{window.start}" for name, window in windows),
        )
    )


def _refuse_unknown(split: str, n: int, n_steps: int, limit: float) -> None:
    if n > limit * n_steps:
        raise DataError(
            f"{split}: {n} of {n_steps} characters are unknown, more than max_unknown_share "
            f"({limit}) allows; lower min_count, or allow more."
        )


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
        **describe_context(config.context, config.window, config.stride, "character", "topic"),
        "alphabet": f"characters that occur at least {config.min_count} times in training; all "
        "others are one unknown character (token 0), predicted and scored like any other",
    }
