"""Outputs of a transduction in writing, and the numbers that follow from texts alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from seqarena.data.manifest import Manifest
from seqarena.data.part import References
from seqarena.data.subwords import Subwords
from seqarena.errors import DataError
from seqarena.metrics.pronunciation import pronunciation_scores
from seqarena.metrics.rouge import summary_scores
from seqarena.metrics.translation import bleu_signature, translation_scores
from seqarena.schema import DataSchema, Judgement

Numbers = dict[str, float | int]


@dataclass(frozen=True)
class Writing:
    """What turns the symbols of a task's targets into text, and the texts that count as right."""

    symbols: tuple[str, ...]
    """Of the target, by token."""
    end: int
    """The target symbol that ends every target."""
    tokeniser: str | None
    """Of subwords; None: symbols are written with spaces between them."""
    references: References
    """One or more for each test example."""

    def write(self, tokens: Sequence[int]) -> str:
        """Return what stands before the first end symbol, as text."""
        text = list(tokens)
        text = text[: text.index(self.end)] if self.end in text else text
        if self._subwords is None:
            return " ".join(self.symbols[token] for token in text)
        return self._subwords.write(text)

    @cached_property
    def _subwords(self) -> Subwords | None:
        return None if self.tokeniser is None else Subwords(self.tokeniser)


def writing_of(manifest: Manifest, references: References | None) -> Writing | None:
    """Return how outputs of a task are written; None where they are judged by symbols alone.

    Raises:
        DataError: they are judged as texts, and the task lacks texts to compare them with.
    """
    schema = manifest.schema
    if schema.judged_as == "symbols":
        return None
    if references is None or manifest.target_symbols is None or schema.target_end is None:
        raise DataError(
            f"task {manifest.task!r} is judged as a {schema.judged_as}, but has no references, "
            "target symbols or end symbol; prepare it again."
        )
    return Writing(manifest.target_symbols, schema.target_end, manifest.tokeniser, references)


def with_texts(predictions: pa.Table, writing: Writing | None) -> pa.Table:
    """Add `hypothesis` and `references` to the scores of a transducer, if it is judged by them."""
    if writing is None:
        return predictions
    written = [writing.write(tokens) for tokens in predictions["generated"].to_pylist()]
    wanted = [list(writing.references[row]) for row in predictions["row"].to_pylist()]
    return predictions.append_column("hypothesis", pa.array(written, pa.string())).append_column(
        "references", pa.array(wanted, pa.list_(pa.string()))
    )


def text_metrics(predictions: pa.Table, judged_as: Judgement) -> Numbers:
    """Return what follows from the columns `hypothesis` and `references`; nothing for symbols.

    Raises:
        DataError: the references of a translation are not equally many for each example.
    """
    if judged_as == "symbols":
        return {}
    hypotheses = predictions["hypothesis"].to_pylist()
    references = predictions["references"].to_pylist()
    match judged_as:
        case "translation":
            translation = translation_scores(hypotheses, references)
            return {
                "bleu": translation.bleu,
                **_error("bleu", translation.standard_error),
                "chrf": translation.chrf,
            }
        case "summary":
            summary = summary_scores(hypotheses, references)
            return {
                "rouge_l": summary.rouge_l,
                **_error("rouge_l", summary.standard_error),
                "rouge_1": summary.rouge_1,
                "rouge_2": summary.rouge_2,
            }
        case "pronunciation":
            spoken = pronunciation_scores(hypotheses, references)
            return {
                "phoneme_error_rate": spoken.phoneme_error_rate,
                **_error("phoneme_error_rate", spoken.standard_error),
                "word_error_rate": spoken.word_error_rate,
            }


def signature_of(schema: DataSchema) -> str | None:
    """Return what exactly the headline of a task computes, where a library has words for it."""
    return bleu_signature(1) if schema.judged_as == "translation" else None


def _error(name: str, value: float | None) -> Numbers:
    return {} if value is None else {f"{name}_standard_error": value}
