"""What else a caller wants to be told, beside the answer itself."""

from dataclasses import dataclass

from seqarena.errors import DataError
from seqarena.schema import DataSchema

_FEW, _MORE = 5, 10


@dataclass(frozen=True)
class Wanted:
    """Knobs of one question; the defaults ask for what the fit would say by itself.

    Raises:
        DataError: a number is out of its range; names all of them.
    """

    top_k: int = 1
    """Most choices that are listed with their probabilities: labels, tags, items, next symbols."""
    attention: bool = False
    """Whether the native maps come with the answer."""
    beam: int = 0
    """Unfinished outputs that are followed at once (transduction); 0: as it was fitted to."""
    n_best: int = 1
    """Outputs that are told (transduction)."""
    n_steps: int = 0
    """Symbols by which a text is continued (density of symbols)."""
    temperature: float = 1.0
    """Of the symbols that are drawn: below 1 sharper, above flatter; 0: always the likeliest."""
    seed: int = 0
    """Of what is drawn."""

    def __post_init__(self) -> None:
        least = {"top_k": 1, "beam": 0, "n_best": 1, "n_steps": 0, "temperature": 0, "seed": 0}
        mistakes = [
            f"{name}: {getattr(self, name)} came; expected at least {bound}."
            for name, bound in least.items()
            if not bound <= getattr(self, name) < float("inf")
        ]
        if 0 < self.beam < self.n_best:
            mistakes.append(
                f"n_best: {self.n_best} outputs cannot be kept by a beam of {self.beam}; "
                f"set beam to at least {self.n_best}."
            )
        if mistakes:
            raise DataError("\n".join(mistakes))


def usual_top_k(schema: DataSchema) -> int:
    """Return how many choices are listed where nobody says: all labels, one tag, some symbols."""
    match schema.task_kind:
        case "classification":
            return schema.n_classes or _MORE
        case "tagging":
            return 1
        case "recommendation":
            return _MORE
        case _:
            return _FEW
