"""Whether attention lies on the regions that a label is about: worked out by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from seqarena.attention.maps import weights_map
from seqarena.batch import sequences_of
from seqarena.data.links import links_of
from seqarena.evaluation.evaluate import evaluate_model
from seqarena.evaluation.gold import Gold
from seqarena.evaluation.looking import scores
from seqarena.reporting.cells import Cell, SeedResult, TaskFacts
from seqarena.reporting.ranking import tables
from seqarena.reporting.sheets.results import results_sheet
from seqarena.schema import DataSchema

SCHEMA = DataSchema("classification", dim=1, n_classes=2)
# The last example is shorter: its padding must not count.
TEST = sequences_of(
    [np.array([[1.0], [2], [5]]), np.array([[4.0], [4], [2]]), np.array([[3.0], [1]])],
    labels=[0, 1, 0],
)
LINKS = links_of([np.array([[2, 0]]), np.array([[0, 0], [2, 0]]), np.array([[0, 0]])])


class Looker(nn.Module):
    """Looks at each step by its number; `named` says in which map."""

    def __init__(self, named):
        super().__init__()
        self.named = named

    def fit(self, train, valid, setting):
        raise NotImplementedError

    def n_free_parameters(self):
        return 0

    def class_log_prob(self, batch):
        return torch.zeros(len(batch), 2).log_softmax(dim=1)

    def log_prob(self, batch):
        return self.class_log_prob(batch)[:, 0]

    def native_maps(self, batch):
        numbers = batch.features[..., 0]
        shares = numbers / numbers.sum(dim=1, keepdim=True)
        one = batch.mask.any(dim=1, keepdim=True)
        # Two heads: the first as told, the second looks at the first step alone.
        first = torch.zeros_like(shares)
        first[:, 0] = 1
        pooled = torch.stack([shares, first], dim=1)[:, :, None]
        evenly = (batch.mask / batch.mask.sum(dim=1, keepdim=True))[:, None, None]
        rows = evenly.expand(-1, 1, batch.mask.shape[1], -1)
        maps = {
            "pooling": weights_map("pooling", pooled, one, batch.mask),
            "self": weights_map("encoder.0.self", rows, batch.mask, batch.mask),
        }
        return [maps[name] for name in self.named]


def test_attention_on_the_region_is_a_share_of_the_pooling():
    found = evaluate_model(Looker(["pooling", "self"]), TEST, SCHEMA, gold=Gold(links=LINKS))
    on_region = found.predictions["attention_on_region"].to_pylist()
    assert on_region == pytest.approx([(5 / 8) / 2, (6 / 10 + 1) / 2, (3 / 4 + 1) / 2])
    # Heads averaged, the first step leads everywhere; it is the digit in the last two.
    assert found.predictions["pointing_game"].to_pylist() == [0, 1, 1]
    assert found.predictions["region_share"].to_pylist() == pytest.approx([1 / 3, 2 / 3, 1 / 2])
    assert found.metrics["attention_on_region"] == pytest.approx(np.mean(on_region))
    assert found.metrics["pointing_game"] == pytest.approx(2 / 3)
    assert found.metrics["region_share"] == pytest.approx(0.5)


def test_without_pooling_the_last_self_attention_counts_and_even_attention_is_chance():
    found = evaluate_model(Looker(["self"]), TEST, SCHEMA, gold=Gold(links=LINKS))
    shares = [1 / 3, 2 / 3, 1 / 2]
    for name in ("attention_on_region", "pointing_game", "region_share"):
        assert found.predictions[name].to_pylist() == pytest.approx(shares), name


def test_of_a_model_that_does_not_look_nothing_is_said():
    found = evaluate_model(Looker([]), TEST, SCHEMA, gold=Gold(links=LINKS))
    assert "attention_on_region" not in found.predictions.column_names
    assert "region_share" not in found.metrics
    without = evaluate_model(Looker(["pooling"]), TEST, SCHEMA)
    assert "attention_on_region" not in without.metrics


def test_attention_that_looks_at_nothing_is_on_no_region():
    np.testing.assert_allclose(scores(np.zeros(4), np.array([1])), [0, 0.25, 0.25])


def test_a_table_tells_where_attention_lay_and_a_dash_where_there_is_none():
    looked = {
        "accuracy": 0.5,
        "attention_on_region": 0.75,
        "pointing_game": 1.0,
        "region_share": 0.2,
    }
    cells = [
        Cell(f"t-{name}", "t", name, None, None, (SeedResult(0, metrics, 1, 1.0, 1.0),))
        for name, metrics in (("attention", looked), ("gru", {"accuracy": 0.25}))
    ]
    (table,) = tables([TaskFacts("t", SCHEMA)], cells)
    sheet = results_sheet(table)
    found = {column.title: [value.text for value in column.values] for column in sheet.columns}
    # The last row is a reference: equal shares for both classes.
    assert found["attention on the region ↑"] == ["0.750", "–", "–"]
    assert found["pointing game ↑"] == ["1.000", "–", "–"]
    assert found["by chance ↑"] == ["0.200", "–", "–"]
