"""Subwords as tokens: pieces of words that training shows often, learned by byte-pair encoding."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Int

from seqarena.data.abbreviations import ABBREVIATIONS
from seqarena.data.alphabet import UNKNOWN
from seqarena.errors import DataError

_SENTENCE_ENDS = (".", "!", "?")
_WORD = "\N{LOWER ONE EIGHTH BLOCK}"
_CLOSING = {
    '"',
    "'",
    ")",
    "]",
    "\N{RIGHT SINGLE QUOTATION MARK}",
    "\N{RIGHT DOUBLE QUOTATION MARK}",
}


def tidied(text: str) -> str:
    """Return a text in Unicode's composed form, with single spaces and none at its ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


@dataclass(frozen=True)
class Subwords:
    """Byte-pair encoding (Sennrich et al. 2016), as the `tokenizers` library does it.

    A piece that begins a word begins with U+2581; every punctuation mark is a piece by itself.
    Whatever training never showed is the unknown symbol, token 0. Writing what was encoded gives
    the tidied text back, but for unknown characters, which are left out, and U+2581 itself.
    """

    tokeniser: str
    """The library's own JSON: all that was learned."""

    def __len__(self) -> int:
        return int(self._library.get_vocab_size())

    @property
    def symbols(self) -> tuple[str, ...]:
        """The pieces, by token."""
        return tuple(self._library.id_to_token(token) for token in range(len(self)))

    @property
    def sentence_ends(self) -> tuple[int, ...]:
        """The tokens of the full stop, the exclamation mark and the question mark."""
        found = [self._library.token_to_id(mark) for mark in _SENTENCE_ENDS]
        return tuple(token for token in found if token is not None)

    @property
    def sentence_followers(self) -> tuple[int, ...]:
        """The tokens that may stand behind a sentence: those that begin a word, closing marks."""
        return tuple(
            token
            for token, piece in enumerate(self.symbols)
            if piece.startswith(_WORD) or piece in _CLOSING
        )

    @property
    def abbreviations(self) -> tuple[tuple[int, ...], ...]:
        """The tokens of each English abbreviation that ends no sentence, if all are known."""
        words = [tuple(tokens.tolist()) for tokens in self.encode(ABBREVIATIONS)]
        unknown = self._library.token_to_id(UNKNOWN)
        return tuple(word for word in words if word and unknown not in word)

    def encode(self, texts: Sequence[str]) -> list[Int[np.ndarray, "_"]]:
        """Return the tokens of each text; none for a text without a visible character."""
        found = self._library.encode_batch([tidied(text) for text in texts])
        return [np.asarray(each.ids, dtype=np.int64) for each in found]

    def write(self, tokens: Iterable[int]) -> str:
        """Return the text that tokens spell."""
        return str(self._library.decode(list(tokens)))

    @cached_property
    def _library(self) -> Any:
        # Imported here: only tasks of subwords need the library.
        from tokenizers import Tokenizer

        return Tokenizer.from_str(self.tokeniser)


def learn_subwords(texts: Iterable[str], n_symbols: int, min_count: int = 2) -> Subwords:
    """Learn at most `n_symbols` pieces, of pairs that stand at least `min_count` times in `texts`.

    The same texts give the same pieces, in every process.

    Raises:
        DataError: the characters of the texts alone are more than `n_symbols`.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    library = Tokenizer(models.BPE(unk_token=UNKNOWN))
    library.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation("isolated")]
    )
    library.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(
        vocab_size=n_symbols,
        min_frequency=min_count,
        special_tokens=[UNKNOWN],
        show_progress=False,
    )
    library.train_from_iterator((tidied(text) for text in texts), trainer)
    n_found = library.get_vocab_size()
    if n_found > n_symbols:
        raise DataError(
            f"the training texts hold {n_found - 1} different characters, more than the vocabulary "
            f"of {n_symbols} subwords; enlarge it."
        )
    return Subwords(str(library.to_str()))
