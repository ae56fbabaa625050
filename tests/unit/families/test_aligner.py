"""Aligners: what EM must do, which way a link points, and what is said of words never seen."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from alignment_scenes import (
    an_aligner,
    em,
    enumerate_links,
    links_of,
    random_pairs,
    sentences,
)
from classical_scenes import setting
from seqarena.batch import collate, collate_all, sequences_of
from seqarena.errors import ConfigError, DataError, NotFittedError
from seqarena.families.aligner import build_aligner
from seqarena.families.aligner_config import AlignerConfig
from seqarena.families.store import load_family, save_family
from seqarena.fitting.protocols import StatisticsModel
from seqarena.schema import DataSchema

MODELS = ["ibm_1", "ibm_2", "hmm"]
TRAIN = sentences(*random_pairs(40), end=5)


def trained(n_passes=3, train=TRAIN, n_first=2, **knobs):
    model = an_aligner(**knobs)
    em(model, train, ("ibm_1", n_first), (model.config.model, n_passes))
    return model


# Source words 0, 1 and 2 become target words (0 1), (2) and (3 4): a source word may have two
# translations side by side, a target word one origin. Swapped, these links cannot be said.
FERTILE = {0: [0, 1], 1: [2], 2: [3, 4]}


def translated(*words):
    return (list(words), [each for word in words for each in FERTILE[word]])


FERTILE_TRAIN = sentences(
    *[translated(*words) for n in (1, 2, 3, 4) for words in itertools.product((0, 1, 2), repeat=n)],
    end=5,
)


@pytest.mark.parametrize("model", ["ibm_1", "hmm"])
def test_links_point_from_the_source_word_to_its_translations(model):
    aligner = trained(8, FERTILE_TRAIN, n_first=8, model=model, pseudo_count=1e-6)
    found = links_of(aligner, sentences(translated(0, 1), translated(1, 2), end=5))
    assert found == [[(0, 0), (0, 1), (1, 2)], [(0, 0), (1, 1), (1, 2)]]


def test_equal_words_are_told_apart_by_their_place():
    """IBM model 1 cannot: of equal words it takes the first. The HMM goes on from the last link."""
    orders = [list(words) for words in itertools.permutations(range(4), 3)]
    train = sentences(*[(words, words) for words in orders], end=5)
    pair = sentences(([1, 0, 2, 0], [1, 0, 2, 0]), end=5)
    found = {model: links_of(trained(8, train, model=model), pair)[0] for model in MODELS}
    in_order = [(0, 0), (1, 1), (2, 2), (3, 3)]
    assert found == {"ibm_1": [*in_order[:3], (1, 3)], "ibm_2": in_order, "hmm": in_order}


@pytest.mark.slow
def test_a_symmetrisation_joins_what_both_directions_found():
    pair = sentences(translated(0, 1), end=5)
    forward = [(0, 0), (0, 1), (1, 2)]
    knobs = {"model": "hmm", "pseudo_count": 1e-6}
    union = trained(8, FERTILE_TRAIN, symmetrisation="union", **knobs)
    assert set(links_of(union, pair)[0]) == set(forward)
    both = trained(8, FERTILE_TRAIN, symmetrisation="intersection", **knobs)
    # Target to source, each source word has one of its two translations.
    (found,) = links_of(both, pair)
    assert len(found) == 2
    assert {source for source, _ in found} == {0, 1}
    assert set(found) < set(forward)


@pytest.mark.slow
@pytest.mark.parametrize("symmetrisation", ["none", "union"])
@pytest.mark.parametrize("pseudo_count", [0.0, 0.1])
def test_the_objective_of_every_stage_never_falls(pseudo_count, symmetrisation):
    model = an_aligner(pseudo_count=pseudo_count, symmetrisation=symmetrisation, max_jump=2)
    stages = em(model, TRAIN, ("ibm_1", 6), ("ibm_2", 12), ("hmm", 12))
    for objectives in stages:
        steps = np.diff(objectives)
        assert (steps >= -1e-9 * abs(objectives[0])).all()
        assert objectives[-1] > objectives[0] + 0.1


@pytest.mark.parametrize("model", MODELS)
def test_the_probabilities_of_all_targets_of_a_length_sum_to_one(model):
    """Over every word of the target alphabet, met or not; the end symbol is no word."""
    aligner = trained(model=model)
    every = list(itertools.product(range(5), repeat=2))
    batch = collate_all(sentences(*[([3, 1, 2], list(words)) for words in every], end=5))
    assert_close(aligner.log_prob(batch).exp().sum(), torch.tensor(1.0, dtype=torch.float64))


@pytest.mark.parametrize("model", MODELS)
def test_likelihood_and_posteriors_are_the_sum_over_all_alignments(model):
    aligner = trained(model=model, max_jump=2)
    direction = aligner.directions[0]
    source, target = [3, 0, 2], [4, 1, 1]
    batch = collate_all(sentences((source, target), end=5))
    codes = torch.tensor([[word * 6 + each for word in (4, *source)] for each in target])
    expected = enumerate_links(
        model, direction.table.look_up(codes).numpy(), direction.jumps, aligner.config.p_null
    )
    assert_close(aligner.log_prob(batch).item(), expected.log_prob)
    assert_close(aligner.posteriors(batch)[0, :3], torch.from_numpy(expected.link_probs[:, 1:]))
    assert aligner.posteriors(batch)[0, 3].abs().sum() == 0


def test_statistics_of_parts_add_up_to_those_of_the_whole():
    model = trained(symmetrisation="union")
    whole = model.expect(collate_all(TRAIN))
    parts = [model.expect(collate(TRAIN, np.arange(at, at + 10))) for at in range(0, 40, 10)]
    total = model.no_statistics() + parts[0] + parts[1] + parts[2] + parts[3]
    for one, other in zip(total.tensors(), whole.tensors(), strict=True):
        assert_close(one, other)
    again = whole.with_tensors(whole.tensors())
    assert all(map(torch.equal, again.tensors(), whole.tensors()))


def test_training_pairs_are_counted_alike_whether_or_not_they_are_known_to_be():
    """The places of known pairs are read, those of others are searched for."""
    model = trained(symmetrisation="union")
    known = model.expect(collate_all(TRAIN))
    model._train = None  # It forgets where the pairs came from.
    searched = model.expect(collate_all(TRAIN))
    for one, other in zip(known.tensors(), searched.tensors(), strict=True):
        assert_close(one, other)


def test_a_row_number_of_another_split_is_not_taken_for_a_training_pair():
    model = trained()
    other = sentences(*random_pairs(40, seed=9), end=5)
    alone = an_aligner()
    alone.load_state_dict(model.state_dict())
    assert_close(
        model.expect(collate_all(other)).log_likelihood,
        alone.expect(collate_all(other)).log_likelihood,
    )


def test_an_unknown_source_word_takes_the_target_word_that_nothing_explains():
    """Target word 4 was never seen: it is least improbable after source word 3, never seen too."""
    pairs = [([0, 1], [0, 1]), ([1, 0], [1, 0]), ([0], [0]), ([1], [1]), ([2], [2])] * 3
    aligner = trained(8, sentences(*pairs, end=5), model="hmm")
    assert links_of(aligner, sentences(([0, 3, 1], [0, 4, 1]), end=5)) == [[(0, 0), (1, 1), (2, 2)]]
    rows = aligner.directions[0].table
    assert_close(rows.look_up(torch.arange(3 * 6, 3 * 6 + 5)), torch.full((5,), 0.2).double())


def test_without_pseudo_counts_a_new_pair_of_words_is_impossible_and_has_no_link():
    train = sentences(([0], [0]), ([1], [1]), end=5)
    aligner = trained(2, train, model="ibm_1", pseudo_count=0.0)
    pair = sentences(([0], [2]), end=5)
    assert aligner.log_prob(collate_all(pair)).item() == -np.inf
    assert links_of(aligner, pair) == [[]]


def test_a_word_that_comes_from_the_empty_word_has_no_link():
    """Target word 4 stands beside every source word: no source word says it better than none."""
    pairs = [([word], [word, 4]) for word in (0, 1, 2, 3)] * 3
    aligner = trained(8, sentences(*pairs, end=5), model="ibm_1", p_null=0.5)
    assert links_of(aligner, sentences(([0], [0, 4]), end=5)) == [[(0, 0)]]


def test_a_target_without_words_has_probability_one_and_no_links():
    aligner = trained(symmetrisation="union")
    pair = sentences(([0, 1], []), end=5)
    assert aligner.log_prob(collate_all(pair)).item() == 0.0
    assert links_of(aligner, pair) == [[]]


@pytest.mark.slow
def test_the_fit_goes_through_its_stages_within_the_budget(tmp_path: Path):
    class Heard:
        def __init__(self):
            self.steps = []

        def metric(self, name, value, step):
            if name == "train/loss" and value > 0:
                self.steps.append(step)

    heard = Heard()
    told = setting(tmp_path, max_em_epochs=6, em_tolerance=0.0)
    told = type(told)(**{**vars(told), "recorder": heard})
    model = an_aligner(ibm_1_passes=2)
    report = model.fit(TRAIN, TRAIN, told)
    assert (report.n_epochs, report.stop_reason, report.best_epoch) == (6, "max_epochs", 5)
    assert heard.steps == [0, 1, 2, 3, 4, 5]
    assert sorted(path.name for path in tmp_path.iterdir()) in ([], ["stage-0", "stage-1"])
    plain = an_aligner(ibm_1_passes=2)
    em(plain, TRAIN, ("ibm_1", 2), ("hmm", 4))
    for key, value in plain.state_dict().items():
        assert_close(model.state_dict()[key], value, msg=key)
    assert report.notes == (
        "epochs of each stage: 2 (max_epochs), 4 (max_epochs)",
        "losses are -log p of the target words of all directions, per source word",
    )


def test_one_pass_is_always_left_for_the_model_itself(tmp_path: Path):
    model = an_aligner(ibm_1_passes=9)
    report = model.fit(TRAIN, TRAIN, setting(tmp_path, max_em_epochs=3, em_tolerance=0.0))
    assert report.n_epochs == 3
    assert not torch.equal(model.directions[0].jumps, an_aligner().directions[0].jumps)


def test_an_aligner_satisfies_the_trainer_and_counts_its_parameters():
    model = an_aligner(model="ibm_1")
    assert isinstance(model, StatisticsModel)
    assert model.n_free_parameters() == 0
    model.initialise(sentences(([0, 1], [2, 3]), end=5))
    # Three rows (the empty word has one) of two numbers that sum to one.
    assert model.n_free_parameters() == 3
    hmm = an_aligner(max_jump=4)
    hmm.initialise(sentences(([0, 1], [2, 3]), end=5))
    hmm.begin("hmm")
    assert hmm.n_free_parameters() == 3 + 2 * 4 + 4


def test_a_symmetrised_aligner_is_stored_with_both_tables(tmp_path: Path):
    config = AlignerConfig(kind="aligner", symmetrisation="grow_diag_final")
    model = trained(symmetrisation="grow_diag_final")
    schema = DataSchema(
        "alignment", n_symbols=4, n_target_symbols=6, target_end=5, max_length=8,
        max_target_length=9,
    )  # fmt: skip
    save_family(tmp_path, model, config, schema, {})
    loaded = load_family(tmp_path)
    assert links_of(loaded, TRAIN) == links_of(model, TRAIN)


def test_what_cannot_be_aligned_is_refused():
    with pytest.raises(NotFittedError) as unfitted:
        an_aligner().links(collate_all(TRAIN))
    assert str(unfitted.value) == (
        "aligner: not fitted; call fit, or load a fitted state dict, first."
    )
    lonely = sequences_of([np.array([1])])
    with pytest.raises(DataError) as no_split:
        an_aligner().initialise(lonely)
    assert str(no_split.value) == (
        "the split holds no targets; an aligner is fitted to sentence pairs."
    )
    with pytest.raises(DataError) as no_batch:
        trained().log_prob(collate_all(lonely))
    assert str(no_batch.value) == (
        "the batch holds no targets; an aligner links the words of sentence pairs."
    )
    with pytest.raises(DataError) as outside:
        an_aligner().initialise(sentences(([9], [0]), end=5))
    assert str(outside.value) == (
        "sequence 0, step 0: symbol 9 is outside the alphabet (0 to 3); map unknown symbols to one "
        "inside."
    )
    config = AlignerConfig(kind="aligner")
    with pytest.raises(DataError) as sizes:
        build_aligner(config, DataSchema("alignment", n_symbols=3))
    assert str(sizes.value) == (
        "the schema of an alignment task must say n_symbols, n_target_symbols and target_end."
    )
    with pytest.raises(ConfigError) as kind:
        build_aligner(config, DataSchema("density", n_symbols=3))
    assert str(kind.value) == (
        "aligner: an aligner links the words of sentence pairs; it does no density."
    )
    assert config.cannot("alignment", "frames") == (
        "an aligner links words, and this task's input is frames"
    )
    with pytest.raises(DataError) as too_long:
        trained().expect(collate_all(sentences(([0] * 9, [0]), end=5)))
    assert str(too_long.value) == (
        "sequence 0: its source has 9 steps, and the schema says at most 8; prepare the task again."
    )
