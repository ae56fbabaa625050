"""Documents of text as sequences: one context protocol, whatever the text and its symbols."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field, field_validator

from seqarena.data.alphabet import Alphabet, alphabet_of, n_unknown
from seqarena.data.manifest import Fact, Provenance
from seqarena.data.part import Part, three_parts
from seqarena.data.plain_text import Documents, TextUnit
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
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
from seqarena.sequences import sequences_of

Place = tuple[str, Window]
"""A window of the document of that name."""


class TextWindowsConfig(SourceConfig):
    """What is context, and what is an unknown symbol: said by every text."""

    input_kind = "tokens"
    context: ContextProtocol = "blocks"
    """`blocks`: windows that overlap. `stream`: whole documents, each symbol scored with all of its
    document before it, as far as a family can look."""
    window: int = Field(default=256, ge=2)
    """Symbols that a model sees at once; of a stream, that gradients go back through."""
    stride: int = Field(default=128, ge=1, validate_default=True)
    """Symbols scored in a validation or test window that is not a document's first; of a stream, in
    the windows of a network that has no state to carry."""
    min_count: int = Field(default=1, ge=1)
    """A symbol that occurs less often in training is unknown everywhere."""
    max_unknown_share: float = Field(default=0.02, ge=0, le=1)
    """A split with a larger share of unknown symbols is refused."""

    @field_validator("stride")
    @classmethod
    def _overlap_or_touch(cls, stride: int, info: Any) -> int:
        window = info.data.get("window", stride)
        if stride > window:
            raise ValueError(
                f"got {stride}; should be at most window ({window}), or symbols stay unscored."
            )
        return stride

    @property
    def context_protocol(self) -> ContextProtocol:
        """Say what the settings say."""
        return self.context


@dataclass(frozen=True)
class AboutText:
    """What a source says of its text beside the symbols."""

    unit: TextUnit
    document: str
    """The task's word for a document."""
    provenance: Provenance
    protocol: Mapping[str, Fact]
    counts: Mapping[str, int]


def text_source(
    splits: tuple[Documents, Documents, Documents],
    config: TextWindowsConfig,
    about: AboutText,
    train_places: list[Place] | None = None,
) -> SourceData:
    """Turn the documents of training, validation and test into sequences of tokens.

    Args:
        splits: in that order.
        config: the context protocol.
        about: goes into the manifest.
        train_places: windows of the training documents; None: all of them.

    Raises:
        DataError: too many symbols are unknown.
    """
    train, valid, test = splits
    kept = training_places(train, config) if train_places is None else train_places
    alphabet = alphabet_of([train[name][w.start : w.end] for name, w in kept], config.min_count)
    parts = three_parts(
        _part(train, kept, alphabet, scored_apart=False),
        _part(valid, _scoring_places(valid, config), alphabet, scored_apart=True),
        _part(test, _scoring_places(test, config), alphabet, scored_apart=True),
    )
    unknown = {split: n_unknown(part.sequences.values) for split, part in parts.items()}
    for split, part in parts.items():
        _refuse_unknown(split, unknown[split], part.sequences.n_steps, config, about.unit)
    is_stream = config.context == "stream"
    return SourceData(
        schema=DataSchema(
            "density",
            n_symbols=len(alphabet),
            symbol_unit=about.unit,
            stream_window=config.window if is_stream else None,
            stream_stride=config.stride if is_stream else None,
        ),
        parts=parts,
        provenance=about.provenance,
        protocol={**about.protocol, **_protocol(config, about)},
        symbols=alphabet.symbols,
        counts={
            **about.counts,
            **{f"unknown_{about.unit}s_{split}": n for split, n in unknown.items()},
        },
    )


def training_places(documents: Documents, config: TextWindowsConfig) -> list[Place]:
    """Cut training documents into windows that do not overlap; a stream's stay whole."""
    if config.context == "stream":
        return _scoring_places(documents, config)
    return [
        (name, window)
        for name, text in documents.items()
        for window in training_windows(len(text), config.window)
    ]


def _scoring_places(documents: Documents, config: TextWindowsConfig) -> list[Place]:
    def windows(length: int) -> list[Window]:
        if config.context == "stream":
            return whole_document(length)
        return scoring_windows(length, config.window, config.stride)

    return [(name, window) for name, text in documents.items() for window in windows(len(text))]


def _part(
    documents: Documents, places: list[Place], alphabet: Alphabet, scored_apart: bool
) -> Part:
    encoded = {name: alphabet.encode(text) for name, text in documents.items()}
    return Part(
        sequences_of(
            [encoded[name][window.start : window.end] for name, window in places],
            scored_from=[window.scored_from for _, window in places] if scored_apart else None,
            ids=tuple(f"{name}:{window.start}" for name, window in places),
        )
    )


def _refuse_unknown(
    split: Split, n: int, n_steps: int, config: TextWindowsConfig, unit: TextUnit
) -> None:
    if n > config.max_unknown_share * n_steps:
        raise DataError(
            f"{split}: {n} of {n_steps} {unit}s are unknown, more than max_unknown_share "
            f"({config.max_unknown_share}) allows; lower min_count, or allow more."
        )


def _protocol(config: TextWindowsConfig, about: AboutText) -> dict[str, Fact]:
    unit = about.unit
    return {
        **describe_context(config.context, config.window, config.stride, unit, about.document),
        "alphabet": f"{unit}s that occur at least {config.min_count} times in training; all "
        f"others are one unknown {unit} (token 0), predicted and scored like any other",
    }
