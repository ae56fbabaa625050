from dataclasses import replace

import pyarrow as pa
import pytest

from seqarena.data.manifest import Manifest, Provenance
from seqarena.data.subwords import learn_subwords
from seqarena.errors import DataError
from seqarena.evaluation.predictions import metrics_of, read_predictions, write_predictions
from seqarena.evaluation.texts import Writing, signature_of, text_metrics, with_texts, writing_of
from seqarena.schema import DataSchema

GOLD = ["A dog runs on the green grass.", "A dog sleeps."]
SUBWORDS = learn_subwords(GOLD * 2, n_symbols=60)
END = len(SUBWORDS)
SCHEMA = DataSchema("transduction", target_end=END, judged_as="translation")
MANIFEST = Manifest(
    task="toy",
    schema=SCHEMA,
    source=Provenance("toy", "none", "none"),
    splits={},
    target_symbols=(*SUBWORDS.symbols, "<end>"),
    tokeniser=SUBWORDS.tokeniser,
)
REFERENCES = tuple((text,) for text in GOLD)


def written(texts: list[str]) -> pa.Table:
    """What a transducer that wrote `texts` is scored with, the last example first."""
    tokens = [[*own.tolist(), END] for own in SUBWORDS.encode(texts)]
    rows = list(range(len(texts)))[::-1]
    return pa.table(
        {
            "row": rows,
            "n_scored": [len(tokens[row]) for row in rows],
            "log_prob": [-1.0 for _ in rows],
            "generated": [tokens[row] for row in rows],
        }
    )


def test_subwords_become_text_beside_the_references_of_their_own_row():
    table = with_texts(written(GOLD), writing_of(MANIFEST, REFERENCES))
    assert table["hypothesis"].to_pylist() == GOLD[::-1]
    assert table["references"].to_pylist() == [[text] for text in GOLD[::-1]]


def test_gold_is_a_perfect_translation_and_the_file_alone_says_so(tmp_path):
    table = with_texts(written(GOLD), writing_of(MANIFEST, REFERENCES))
    write_predictions(tmp_path, table)
    metrics = metrics_of(read_predictions(tmp_path), SCHEMA)
    assert metrics["bleu"] == pytest.approx(100.0)
    assert metrics["n_examples"] == 2
    assert (
        metrics_of(with_texts(written(GOLD[::-1]), writing_of(MANIFEST, REFERENCES)), SCHEMA)[
            "bleu"
        ]
        < 100
    )


def test_what_follows_the_end_is_not_written_and_phonemes_stand_apart():
    writing = Writing(("K", "AE", "T", "<end>"), 3, None, (("K AE T",),))
    assert writing.write([0, 1, 2, 3, 0]) == "K AE T"
    assert writing.write([0, 1]) == "K AE"
    assert writing.write([3]) == ""


def test_where_symbols_are_judged_nothing_is_written():
    plain = replace(MANIFEST, schema=DataSchema("transduction", target_end=END))
    assert writing_of(plain, None) is None
    table = written(GOLD)
    assert with_texts(table, None) is table
    assert text_metrics(table, "symbols") == {}
    assert signature_of(plain.schema) is None


def test_a_translation_without_references_is_refused():
    with pytest.raises(DataError) as error:
        writing_of(MANIFEST, None)
    assert str(error.value) == (
        "task 'toy' is judged as a translation, but has no references, target symbols or end "
        "symbol; prepare it again."
    )


def test_the_signature_of_bleu_says_that_case_counts():
    assert str(signature_of(SCHEMA)).startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|")
