"""What a model must know about the data of a task, before it sees any of it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

FittedKind = Literal["density", "classification", "tagging", "transduction", "alignment"]
"""What a family can be fitted as."""
TaskKind = Literal[FittedKind, "recommendation"]
"""What can be asked of a family."""
InputKind = Literal["tokens", "frames"]
FrameKind = Literal["real", "binary", "count"]
TargetUnit = Literal["character", "word", "subword", "phoneme"]
Judgement = Literal["symbols", "pronunciation", "translation", "summary"]
SymbolUnit = Literal["symbol", "character", "word"]


def fitted_as(kind: TaskKind) -> FittedKind:
    """Return as what a family is fitted: what comes next is recommended by a density."""
    return "density" if kind == "recommendation" else kind


@dataclass(frozen=True)
class DataSchema:
    """Sizes of a task's alphabet, frames, labels and targets; None where it has no meaning."""

    task_kind: TaskKind
    n_symbols: int | None = None
    """Size of the input alphabet, when the input is tokens."""
    symbol_unit: SymbolUnit = "symbol"
    """What a symbol of the input is, when the input is text."""
    dim: int | None = None
    """Numbers per frame, when the input is features."""
    n_classes: int | None = None
    """Number of labels (classification)."""
    n_tags: int | None = None
    """Number of tags (tagging)."""
    n_target_symbols: int | None = None
    """Size of the target alphabet, the end symbol included (transduction)."""
    target_end: int | None = None
    """Target symbol that ends every target (transduction)."""
    target_of_symbol: tuple[int, ...] | None = None
    """Target symbol with the same text as each input symbol, -1 where there is none; None: nobody
    has compared them (transduction of tokens)."""
    max_length: int = 0
    """Longest input in any split [steps]."""
    max_target_length: int = 0
    """Longest target in any split, the end symbol included [steps]."""
    target_unit: TargetUnit = "character"
    """What a target symbol is, and so what an error rate counts (transduction)."""
    judged_as: Judgement = "symbols"
    """How whole outputs are judged (transduction): by their symbols alone; or, written out beside
    the references of each example, as pronunciations, translations or summaries are."""
    sentence_ends: tuple[int, ...] | None = None
    """Input symbols that end a sentence; None: nobody has said (transduction of tokens)."""
    sentence_followers: tuple[int, ...] | None = None
    """Input symbols one of which stands behind such an end, if anything does; None: any."""
    abbreviations: tuple[tuple[int, ...], ...] | None = None
    """Input symbols of words whose last symbol could end a sentence, and does not; None: none."""
    grid: tuple[int, int] | None = None
    """Rows and columns, when the steps are regions of a picture in row-major order."""
    patch: tuple[int, int] | None = None
    """Rows and columns of pixels in a region, when a step is its pixels in row-major order."""
    frame_kind: FrameKind = "real"
    """What the numbers of a frame are: any, only 0 and 1 (a piano roll), or counts."""
    slice_name: str | None = None
    """What the test examples are also counted under ("length", "pairs"); None: nothing."""

    stream_window: int | None = None
    """Steps of a piece that gradients go back through, when sequences are whole documents that are
    read from a carried state; None: each sequence is read at once."""
    stream_stride: int | None = None
    """Steps of such a document that a network without a state to carry scores in one window of
    `stream_window` steps; the steps before them are context."""

    @property
    def input_kind(self) -> InputKind:
        """What a step of the input is."""
        return "tokens" if self.dim is None else "frames"

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "DataSchema":
        """Build the schema from what `as_dict` gave (JSON turns tuples into lists)."""
        given = {
            name: fields.get(name)
            for name in ("grid", "patch", "target_of_symbol", "sentence_ends", "sentence_followers")
        }
        words = fields.get("abbreviations")
        given["abbreviations"] = None if words is None else [tuple(word) for word in words]
        whole = {name: tuple(each) for name, each in given.items() if each is not None}
        return cls(**{**fields, **whole})
