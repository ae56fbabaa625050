import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seqarena.batch import collate_all, sequences_of
from seqarena.errors import ConfigError
from seqarena.evaluation.scoring import score_transducer
from seqarena.families.neural import RecurrentConfig, TransformerConfig, build_neural
from seqarena.networks.decoding import DecodingConfig
from seqarena.parsing import parse
from seqarena.schema import DataSchema

PAIRS = DataSchema(
    "transduction",
    n_symbols=3,
    n_target_symbols=4,
    target_end=3,
    max_length=4,
    max_target_length=5,
)
TRANSLATED = sequences_of(
    [np.array(s) for s in ([0, 1, 2, 1], [2, 2], [1])],
    target=sequences_of([np.array(s) for s in ([0, 1, 3], [3], [2, 0, 3])]),
)


def fitted(schema: DataSchema = PAIRS, **decoding):
    config = RecurrentConfig(
        kind="gru", model_dim=8, attention="softmax", decoding=DecodingConfig(**decoding)
    )
    family = build_neural(config, schema, torch.Generator().manual_seed(0))
    family.fitted.fill_(True)
    return family


@pytest.mark.parametrize("model", [RecurrentConfig, TransformerConfig])
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"beam": 2, "n_best": 3},
            "n_best: 3 outputs cannot be kept by a beam of 2; set beam to at least 3, or n_best "
            "to at most 2.",
        ),
        (
            {"n_best": 2},
            "n_best: 2 outputs cannot be kept by a beam of 1; set beam to at least 2, or n_best "
            "to at most 1.",
        ),
        ({"beam": 0}, "beam: got 0; input should be greater than or equal to 1."),
        (
            {"length_penalty": -0.5},
            "length_penalty: got -0.5; input should be greater than or equal to 0.",
        ),
        ({"min_length": -1}, "min_length: got -1; input should be greater than or equal to 0."),
        (
            {"no_repeat_ngram": -1},
            "no_repeat_ngram: got -1; input should be greater than or equal to 0.",
        ),
        ({"beams": 5}, "beams: unknown; did you mean 'beam'?"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_the_rule_and_the_numbers(
    model, settings, expected
):
    kind = {"kind": "gru" if model is RecurrentConfig else "transformer"}
    with pytest.raises(ConfigError) as refusal:
        parse(model, {**kind, "decoding": settings}, at="families.mine")
    assert refusal.value.mistakes == [f"families.mine.decoding.{expected}"]


def test_an_output_must_have_room_for_its_shortest_length_and_the_end():
    with pytest.raises(ConfigError) as refusal:
        fitted(min_length=5)
    assert str(refusal.value) == (
        "decoding.min_length: 5 symbols and the end symbol do not fit into outputs of at most 5 "
        "symbols (the longest target of the data); set it to at most 4."
    )
    assert fitted(min_length=4).generate(collate_all(TRANSLATED), 5).lengths.tolist() == [5] * 3


def test_by_default_outputs_are_greedy_and_only_one_is_kept():
    batch, family = collate_all(TRANSLATED), fitted()
    generation = family.generate(batch, 5)
    tokens, lengths = family.network.generate(batch, 5)
    assert torch.equal(generation.tokens, tokens)
    assert torch.equal(generation.lengths, lengths)
    assert generation.n_best is None


def test_a_beam_writes_the_best_that_it_finds_and_keeps_as_many_as_asked():
    batch, family = collate_all(TRANSLATED), fitted(beam=4, n_best=3, length_penalty=0.0)
    generation = family.generate(batch, 5)
    found = family.network.search(batch, 5, family.decoding)
    time = generation.tokens.shape[1]
    assert torch.equal(generation.tokens, found.tokens[:, 0, :time])
    assert torch.equal(generation.lengths, found.lengths[:, 0])
    assert_close(generation.n_best.scores, found.scores)
    assert not generation.n_best.scores.requires_grad
    assert fitted(beam=4).generate(batch, 5).n_best is None


def test_constraints_hold_without_a_beam_too():
    tokens = fitted(no_repeat_ngram=1).generate(collate_all(TRANSLATED), 5).tokens
    for line in tokens.tolist():
        written = line[: line.index(3)]
        assert len(set(written)) == len(written)


def test_predictions_hold_every_output_that_is_kept_best_first():
    family = fitted(beam=4, n_best=3)
    table = score_transducer(family, TRANSLATED, batch_size=2, end=3, max_length=5)
    scores, log_prob = table["n_best_score"].to_pylist(), table["n_best_log_prob"].to_pylist()
    for row, outputs in enumerate(table["n_best"].to_pylist()):
        assert outputs[0] == table["generated"][row].as_py()
        assert scores[row] == sorted(scores[row], reverse=True)
        factors = [((5 + len(output)) / 6) ** 0.6 for output in outputs]
        expected = [score * factor for score, factor in zip(scores[row], factors, strict=True)]
        assert log_prob[row] == pytest.approx(expected)


def test_predictions_of_a_greedy_model_have_no_column_more():
    names = score_transducer(fitted(), TRANSLATED, 2, 3, 5).column_names
    assert not [name for name in names if name.startswith("n_best")]


def test_predictions_hold_no_more_outputs_than_there_are():
    family = fitted(beam=6, n_best=6)
    table = score_transducer(family, TRANSLATED, batch_size=2, end=3, max_length=1)
    for name in ("n_best", "n_best_log_prob", "n_best_score"):
        assert [len(line) for line in table[name].to_pylist()] == [4, 4, 4]
    assert np.exp(table["n_best_log_prob"][0].as_py()).sum() == pytest.approx(1.0)
