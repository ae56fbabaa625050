"""From pairs of texts to the parts of a task of subwords: translation, or summaries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seqarena.data.alphabet import n_unknown
from seqarena.data.part import Part, Parts
from seqarena.data.splits import Split
from seqarena.data.subwords import Subwords, tidied
from seqarena.errors import DataError
from seqarena.schema import DataSchema, Judgement
from seqarena.seeds import numpy_generator
from seqarena.sequences import sequences_of

END = "<end>"
"""Name of the symbol that ends every target."""


@dataclass(frozen=True)
class TextPair:
    """One example in writing."""

    id: str
    source: str
    target: str
    references: tuple[str, ...]
    """The texts that count as right, the target first."""


Pairs = Mapping[Split, Sequence[TextPair]]


def subword_schema(subwords: Subwords, judged_as: Judgement) -> DataSchema:
    """Describe a transduction whose two sides share their subwords; the target's end comes last."""
    return DataSchema(
        "transduction",
        n_symbols=len(subwords),
        n_target_symbols=len(subwords) + 1,
        target_end=len(subwords),
        target_unit="subword",
        judged_as=judged_as,
        sentence_ends=subwords.sentence_ends,
        sentence_followers=subwords.sentence_followers,
        abbreviations=subwords.abbreviations,
    )


def subword_parts(
    pairs: Pairs, subwords: Subwords, max_source: int, max_target: int
) -> tuple[Parts, dict[str, int]]:
    """Turn texts into tokens; return the parts, and what was cut or unknown on the way.

    Sources longer than `max_source` subwords lose their end, in every split, and so do targets
    longer than `max_target`, the end symbol included. Likelihoods are of cut targets; outputs are
    compared with the references, which are kept whole.

    Raises:
        DataError: a text has no visible character.
    """
    parts: Parts = {}
    counts: dict[str, int] = {}
    for split, own in pairs.items():
        sources = _encoded(own, [pair.source for pair in own], subwords, split)
        targets = _encoded(own, [pair.target for pair in own], subwords, split)
        parts[split] = Part(
            sequences_of(
                [tokens[:max_source] for tokens in sources],
                target=sequences_of(
                    [np.append(tokens[: max_target - 1], len(subwords)) for tokens in targets]
                ),
                ids=tuple(pair.id for pair in own),
            ),
            references=tuple(tuple(map(tidied, pair.references)) for pair in own),
        )
        counts |= {
            f"sources_cut_in_{split}": sum(len(tokens) > max_source for tokens in sources),
            f"targets_cut_in_{split}": sum(len(tokens) >= max_target for tokens in targets),
            f"symbols_unknown_in_{split}": sum(map(n_unknown, [*sources, *targets])),
        }
    return parts, counts


def drawn(pairs: Sequence[TextPair], n: int | None, seed: int) -> list[TextPair]:
    """Return `n` of the pairs, drawn without replacement and kept in order; None: all of them.

    Raises:
        DataError: there are fewer.
    """
    if n is None:
        return list(pairs)
    if n > len(pairs):
        raise DataError(f"n_train is {n}, but there are {len(pairs)} training pairs; lower it.")
    rows = numpy_generator(seed, "n_train").choice(len(pairs), size=n, replace=False)
    return [pairs[row] for row in np.sort(rows).tolist()]


def _encoded(
    pairs: Sequence[TextPair], texts: list[str], subwords: Subwords, split: Split
) -> list[np.ndarray]:
    tokens = subwords.encode(texts)
    for pair, own in zip(pairs, tokens, strict=True):
        if not len(own):
            raise DataError(f"{split} {pair.id}: an empty text; take that pair out of the source.")
    return tokens
