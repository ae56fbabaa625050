"""What a model is asked, and how much of it a budget of steps allows."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from attribution_scenes import Looker

from seqarena.attribution.asked import ask
from seqarena.attribution.further_maps import forgotten
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.influence.measure import measure_influence
from seqarena.attribution.influence.replacements import Replacements
from seqarena.attribution.influence_plan import InfluencePlan
from seqarena.attribution.influence_shape import narrowed, widened
from seqarena.attribution.probe_set import probe_set
from seqarena.attribution.store.artifacts import Attribution, read_maps, write_artifacts
from seqarena.attribution.store.manifest import Origin
from seqarena.batch import sequences_of
from seqarena.data.manifest import Manifest, Provenance
from seqarena.data.part import Part
from seqarena.errors import NotFittedError
from seqarena.families.markov_chain import MarkovChain
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.schema import DataSchema

TRAIN = sequences_of([np.array([0, 1, 1, 2, 0, 2])])
FACTS = Manifest("t", DataSchema("density", n_symbols=3), Provenance("d", "l", "c"), {})


def probes(*lengths):
    values = [np.arange(n) % 3 for n in lengths]
    return probe_set(Part(sequences_of(values)), np.arange(len(lengths)), FACTS)


def plan(n_probes=9, max_steps=10**6, n_draws=2, exact_up_to=0):
    return InfluencePlan(
        Replacements.of(TRAIN, 0, n_draws, exact_up_to), n_probes=n_probes, max_steps=max_steps
    )


class Chain(torch.nn.Module):
    """Says that each symbol repeats the one before, with probability 0.8."""

    def predictive_log_prob(self, batch):
        table = torch.full((3, 3), 0.1) + 0.7 * torch.eye(3)
        first = torch.full((len(batch), 1, 3), 1 / 3)
        return torch.cat([first, table[batch.tokens[:, :-1]]], dim=1).log()


def test_a_model_without_maps_is_still_asked_about_influence():
    found = ask(Chain().eval(), probes(5, 3), plan(exact_up_to=3))
    assert found.capture.maps == ((), ())
    one = found.capture.influence[0]
    assert one.effect.shape == (5, 5)
    # each symbol depends on the one before, and on nothing else
    lag_one = np.eye(5, k=-1, dtype=bool)
    assert (one.effect[lag_one] > 0).all() and not one.effect[~lag_one].any()
    assert found.cost["influence"]["n_examples"] == 2


def test_a_model_that_says_nothing_of_outputs_has_its_maps_alone():
    found = ask(Looker().eval(), probes(3), plan())
    assert found.capture.influence == () and len(found.capture.maps[0]) == 1


def test_without_a_plan_influence_is_not_asked():
    assert ask(Chain().eval(), probes(3)).capture.influence == ()


def test_probes_beyond_the_number_asked_have_none():
    found = ask(Chain().eval(), probes(3, 3, 3), plan(n_probes=1))
    assert [one is None for one in found.capture.influence] == [False, True, True]
    assert not any("first" in cut for cut in found.cuts)


def test_a_density_is_asked_about_the_beginning_where_the_whole_is_too_much():
    # 2 probes x 10 steps x (2 draws x 10 steps + 64 whole inputs + the example) = 1,700
    found = ask(Chain().eval(), probes(40, 5), plan(max_steps=1700))
    assert found.cuts[0] == "influence: of the first 10 steps alone"
    assert found.influence_steps == (10, 5)
    long, short = found.capture.influence
    assert long.effect.shape == (40, 40)
    assert long.valid[:10, :10].any() and not long.valid[10:].any() and not long.valid[:, 10:].any()
    assert short.effect.shape == (5, 5)
    whole = ask(Chain().eval(), probes(40, 5), plan()).capture.influence[0]
    np.testing.assert_array_equal(long.effect[:10, :10] > 0, whole.effect[:10, :10] > 0)


def test_the_budget_is_kept_where_every_symbol_is_tried():
    exact = plan(exact_up_to=3, max_steps=10 * (3 * 10 + 65))
    allowed, _ = exact.allowed(probes(40), is_causal=True)
    assert allowed.sequences.lengths.tolist() == [10] and allowed.probes[0].n_steps == 40


@pytest.mark.parametrize("max_steps", [1700, 10**6])
def test_what_was_asked_of_a_density_comes_back_from_the_folder(tmp_path, max_steps):
    capture = ask(Chain().eval(), probes(40, 5), plan(max_steps=max_steps)).capture
    write_artifacts(tmp_path, Attribution(capture, Origin()))
    for read, one in zip(read_maps(tmp_path).influence, capture.influence, strict=True):
        np.testing.assert_array_equal(read.valid, one.valid)
        for name in ("effect", "change", "whole"):
            expected = getattr(one, name).astype(np.float32)
            np.testing.assert_array_equal(getattr(read, name), expected)


def test_any_other_model_is_asked_about_fewer_probes():
    steps = 10 * (2 * 10 + 65) + 12 * (2 * 12 + 65)
    few, _ = plan(max_steps=steps - 1).allowed(probes(10, 12, 5), is_causal=False)
    assert few.sequences.lengths.tolist() == [10]
    allowed, cuts = plan(max_steps=steps).allowed(probes(10, 12, 5), is_causal=False)
    assert allowed.sequences.lengths.tolist() == [10, 12]
    assert cuts == ("influence: of 2 of 3 probes",)
    none, cuts = plan(max_steps=10).allowed(probes(10), is_causal=False)
    assert len(none) == 0 and cuts == ("influence: of 0 of 1 probes",)


def test_the_steps_of_targets_count_and_the_cost_stays_within_the_budget():
    sources, targets = [np.arange(6) % 3] * 2, [np.arange(4) % 3] * 2
    facts = replace(FACTS, schema=DataSchema("transduction", n_symbols=3, n_target_symbols=3))
    part = Part(sequences_of(sources, target=sequences_of(targets)))
    pair = probe_set(part, np.arange(2), facts)
    steps = 2 * (6 + 4) * (2 * 6 + 65)
    assert len(plan(max_steps=steps).allowed(pair, is_causal=False)[0]) == 2
    assert len(plan(max_steps=steps - 1).allowed(pair, is_causal=False)[0]) == 1
    found = ask(Chain().eval(), probes(40, 40), plan(max_steps=5000, exact_up_to=3))
    assert 4000 < found.cost["influence"]["n_steps"] <= 5000


def test_the_row_of_a_probe_decides_its_draws_wherever_it_stands():
    values = [np.arange(start, start + 8) % 3 for start in range(5)]
    few = probe_set(Part(sequences_of(values)), np.array([4, 2]), FACTS)
    asked = ask(Chain().eval(), few, plan()).capture.influence
    in_split = measure_influence(
        Chain().eval(), sequences_of(values), np.array([4, 2]), plan().replacements
    )
    for one, expected in zip(asked, in_split.maps, strict=True):
        np.testing.assert_allclose(one.effect, expected.effect, atol=1e-12)
        np.testing.assert_allclose(one.whole, expected.whole, atol=1e-12)


def test_a_family_that_learned_nothing_is_refused():
    family = MarkovChain(MarkovChainConfig(kind="markov_chain", order=1), n_symbols=3).eval()
    with pytest.raises(NotFittedError):
        ask(family, probes(4), plan())


def test_narrowed_and_widened_are_each_others_inverse():
    valid = np.zeros((4, 4), bool)
    valid[1:3, :2] = True
    effect = np.where(valid, np.float32(0.5), np.float32(0))
    whole = np.array([0, 1, 1, 0], np.float32)
    one = InfluenceMap(effect, effect, whole, valid=valid)
    small = narrowed(one)
    assert small.change.shape == (3, 2)
    back = widened(small, 4, 4)
    for name in ("effect", "change", "whole", "valid"):
        np.testing.assert_array_equal(getattr(back, name), getattr(one, name))


def test_a_map_that_is_known_everywhere_or_nowhere_keeps_its_shape():
    cells = np.ones((2, 3), np.float32)
    assert narrowed(InfluenceMap(cells, cells)).change.shape == (2, 3)
    nowhere = InfluenceMap(cells * 0, cells * 0, valid=np.zeros((2, 3), bool))
    assert narrowed(nowhere).change.shape == (2, 3)


class Majority(torch.nn.Module):
    """Says what most of the last three symbols are, 0 or 1: no one of three equal ones counts."""

    def predictive_log_prob(self, batch):
        padded = torch.nn.functional.pad(batch.tokens, (3, 0))
        time = batch.tokens.shape[1]
        votes = sum(padded[:, 2 - lag : 2 - lag + time] for lag in range(3))
        one = torch.where(votes >= 2, 0.95, 0.05)
        return torch.stack([1 - one, one], dim=2).log()


def test_outputs_that_single_steps_do_not_explain_are_counted_and_shared_out():
    values = [np.array([1, 1, 1, 0])]
    asked_of = probe_set(Part(sequences_of(values)), np.array([0]), FACTS)
    replacements = Replacements.of(sequences_of([np.array([0, 1])]), 0, 2, exact_up_to=2)
    counted = ask(Majority().eval(), asked_of, InfluencePlan(replacements, 1, 10**6))
    assert counted.capture.influence[0].effect[3].max() == 0
    assert counted.cuts == (
        "influence: single steps explain less than half of 1 outputs; set n_shapley",
    )
    assert "shapley" not in counted.capture.further
    shared = ask(Majority().eval(), asked_of, InfluencePlan(replacements, 1, 10**6, n_shapley=1))
    one = shared.capture.further["shapley"][0]
    assert one.valid.any(axis=1).tolist() == [False, False, False, True]
    thirds = one.effect[3, :3]
    np.testing.assert_allclose(thirds, thirds.sum() / 3, atol=1e-6)
    np.testing.assert_allclose(thirds.sum(), one.whole[3], atol=1e-6)
    assert shared.cuts[-1].endswith("of 1 outputs; 1 are shared out")


@pytest.mark.slow
def test_shapley_values_and_single_replacements_draw_by_the_same_row(monkeypatch):
    rows, variants = [], Replacements.variants

    def watched(self, row, values):
        rows.append(row)
        return variants(self, row, values)

    monkeypatch.setattr(Replacements, "variants", watched)
    # 14 steps before the last output have more contents than are listed, so that some are drawn.
    values = [np.zeros(1, int), np.zeros(1, int), np.array([0, 1] * 6 + [1, 1, 0])]
    third = probe_set(Part(sequences_of(values)), np.array([2]), FACTS)
    fair = Replacements.of(sequences_of([np.array([0, 1])]), 0, 2, exact_up_to=2)
    found = ask(Majority().eval(), third, InfluencePlan(fair, 1, 10**6, n_shapley=1))
    assert found.capture.further["shapley"][0].valid.any()
    assert rows == [2, 2]


def test_a_model_that_cannot_forget_a_step_has_no_such_map():
    assert forgotten(Chain().eval(), probes(4)) == ()
    assert forgotten(Looker().eval(), probes(4)) == ()
