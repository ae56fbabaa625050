"""Scores by slice, and tags of which only some are asked for."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from torch import nn
from torch.testing import assert_close

from seqarena.batch import collate, collate_all, sequences_of
from seqarena.data.arrow_store import read_part, read_split, write_split
from seqarena.data.content import content_sha256
from seqarena.data.part import Part
from seqarena.data.splits import Split
from seqarena.errors import DataError
from seqarena.evaluation.evaluate import evaluate_model
from seqarena.evaluation.gold import Gold
from seqarena.evaluation.slices import sliced_metrics, with_slices
from seqarena.families.catalogue import FamilyConfig, build_family, data_obstacle
from seqarena.parsing import parse
from seqarena.reporting.cells import Cell, SeedResult, TaskFacts
from seqarena.reporting.ranking import tables
from seqarena.reporting.sheets.results import results_sheet
from seqarena.schema import DataSchema

TAGS = DataSchema("tagging", n_symbols=3, n_tags=3, slice_name="pairs")
SOME = sequences_of(
    [np.array([0, 1, 2]), np.array([2, 2]), np.array([1, 0, 0, 1])],
    tags=[np.array([0, 1, 0]), np.array([2, 1]), np.array([0, 0, 0, 1])],
    scored_steps=[
        np.array([True, False, True]),
        np.array([False, True]),
        np.array([False, False, True, True]),
    ],
)


class Echo(nn.Module):
    """Tags each step with its own symbol."""

    def fit(self, train, valid, setting):
        raise NotImplementedError

    def n_free_parameters(self):
        return 0

    def log_prob(self, batch):
        return -batch.scored.sum(dim=1).double()

    def tag_probs(self, batch):
        return nn.functional.one_hot(batch.tokens, 3).double()

    def tag(self, batch):
        return batch.tokens


def test_only_scored_steps_count():
    found = evaluate_model(Echo(), SOME, TAGS)
    table = found.predictions
    assert table["n_scored"].to_pylist() == [2, 1, 2]
    assert table["tags"].to_pylist() == [[0, 0], [1], [0, 1]]
    assert table["predicted"].to_pylist() == [[0, 2], [2], [0, 1]]
    assert table["n_correct"].to_pylist() == [1, 0, 2]
    assert found.metrics["tag_accuracy"] == pytest.approx(3 / 5)


def test_each_slice_is_scored_by_itself():
    found = evaluate_model(Echo(), SOME, TAGS, gold=Gold(slices=np.array([8, 4, 4])))
    assert found.predictions["slice"].to_pylist() == [8, 4, 4]
    assert found.metrics["tag_accuracy_at_pairs_4"] == pytest.approx(2 / 3)
    assert found.metrics["tag_accuracy_at_pairs_8"] == pytest.approx(1 / 2)
    assert found.metrics["tag_accuracy"] == pytest.approx(3 / 5)


def test_slices_need_a_name_and_one_for_each_example():
    table = pa.table({"row": [0, 1]})
    with pytest.raises(DataError) as caught:
        with_slices(table, np.array([1]))
    assert str(caught.value) == "1 slices came for 2 examples; each needs one."
    with pytest.raises(DataError) as caught:
        sliced_metrics(with_slices(table, np.array([1, 2])), DataSchema("tagging"))
    assert str(caught.value) == (
        "schema.slice_name: None; examples with slices need a name for them."
    )


def test_marks_and_slices_survive_a_file_and_a_selection(tmp_path):
    write_split(tmp_path, Split.TEST, Part(SOME, slices=np.array([8, 4, 8])))
    read = read_split(tmp_path, Split.TEST)
    assert read.scored_steps.tolist() == SOME.scored_steps.tolist()
    assert read_part(tmp_path, Split.TEST).slices.tolist() == [8, 4, 8]
    assert read.n_scored.tolist() == [2, 1, 2]
    part = Part(read, slices=np.array([8, 4, 8])).select(np.array([2, 0]))
    assert part.slices.tolist() == [8, 8]
    batch = collate_all(part.sequences)
    assert batch.scored.tolist() == [[False, False, True, True], [True, False, True, False]]
    assert collate(SOME, np.array([1])).scored.tolist() == [[False, True]]


def test_marks_and_slices_are_part_of_what_a_split_says():
    plain = content_sha256(Part(SOME))
    assert content_sha256(Part(SOME, slices=np.array([1, 2, 3]))) != plain
    unmarked = sequences_of(
        [SOME.sequence(row) for row in range(3)], tags=[SOME.tags_of(row) for row in range(3)]
    )
    assert content_sha256(Part(unmarked)) != plain


@pytest.mark.parametrize("kind", ["gru", "most_frequent_tag"])
def test_tags_that_are_not_asked_for_change_nothing(kind):
    small = {"model_dim": 4} if kind == "gru" else {}
    family = build_family(parse(FamilyConfig, {"kind": kind, **small}, "family"), TAGS, 0)
    family.fitted.fill_(True)
    batch = collate_all(SOME)
    other = torch.where(batch.scored, batch.tags, 2)
    changed = type(batch)(**{**vars(batch), "tags": other})
    assert_close(family.log_prob(batch), family.log_prob(changed))
    assert not torch.equal(batch.tags.where(batch.mask, 0), other.where(batch.mask, 0))
    if kind == "gru":
        assert family.objective(batch).total.item() == family.objective(changed).total.item()
        assert int(family.objective(batch).weight) == 5
    else:
        assert int(family.expect(batch).counts.sum()) == 5


@pytest.mark.parametrize(
    ("family", "obstacle"),
    [
        (
            {"kind": "hidden_markov"},
            "its states are the tags of all steps, and this task gives those of some",
        ),
        (
            {"kind": "lstm", "tag_head": "crf"},
            "tag_head: crf: a chain needs a tag at each step, and this task gives some",
        ),
        ({"kind": "lstm"}, None),
        ({"kind": "most_frequent_tag"}, None),
    ],
)
def test_chains_of_tags_need_all_of_them(family, obstacle):
    config = parse(FamilyConfig, family, "family")
    assert data_obstacle(config, False, scores_some_steps=True) == obstacle
    assert data_obstacle(config, False) is None


def test_a_table_tells_the_headline_for_each_slice_in_rising_order():
    metrics = {"tag_accuracy": 0.5, "tag_accuracy_at_pairs_16": 0.25, "tag_accuracy_at_pairs_4": 1}
    cell = Cell("t-gru", "t", "gru", None, None, (SeedResult(0, metrics, 1, 1.0, 1.0),))
    (table,) = tables([TaskFacts("t", TAGS)], [cell])
    found = {column.title: column.values[0].text for column in results_sheet(table).columns}
    titles = [title for title in found if title.startswith("pairs")]
    assert titles == ["pairs 4 ↑", "pairs 16 ↑"]
    assert found["pairs 16 ↑"].startswith("0.25")
