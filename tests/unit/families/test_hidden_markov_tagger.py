"""A hidden Markov model as a tagger: counted as by hand, and asked against every path."""

from itertools import product

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from classical_scenes import in_batches, setting
from seqarena.batch import collate_all, sequences_of
from seqarena.errors import DataError, NotFittedError
from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel
from seqarena.families.hidden_markov_tagger import HiddenMarkovTagger, build_hidden_markov_tagger
from seqarena.schema import DataSchema

N_TAGS, N_SYMBOLS = 3, 4
SCHEMA = DataSchema("tagging", n_symbols=N_SYMBOLS, n_tags=N_TAGS)


def random_tagged(n=8, seed=0, longest=5):
    draw = np.random.default_rng(seed)
    lengths = draw.integers(1, longest + 1, n)
    return sequences_of(
        [draw.integers(0, N_SYMBOLS, length) for length in lengths],
        tags=[draw.integers(0, N_TAGS, length) for length in lengths],
    )


def counted(data, **settings) -> HiddenMarkovTagger:
    tagger = build_hidden_markov_tagger(
        HiddenMarkovConfig(kind="hidden_markov", **settings), SCHEMA
    )
    batches = in_batches(data, 3)
    total = sum((tagger.expect(batch) for batch in batches[1:]), tagger.expect(batches[0]))
    tagger.maximise(total)
    return tagger


def joint(model, symbols, path):
    """log p(symbols, path), added up."""
    total = model.log_start[path[0]] + model.emission.log_emission[path[0], symbols[0]]
    for step in range(1, len(path)):
        total = total + model.log_transition[path[step - 1], path[step]]
        total = total + model.emission.log_emission[path[step], symbols[step]]
    return total


def shares_of_paths(tagger, symbols):
    paths = list(product(range(N_TAGS), repeat=len(symbols)))
    logs = torch.stack([joint(tagger.model, symbols, path) for path in paths])
    return paths, logs.softmax(0)


def test_counting_in_batches_is_counting_known_paths():
    data = random_tagged()
    tagger = counted(data, pseudo_count=0.3)
    config = HiddenMarkovConfig(kind="hidden_markov", n_states=N_TAGS, pseudo_count=0.3)
    model = HiddenMarkovModel(config, DataSchema("density", n_symbols=N_SYMBOLS))
    model.fit_supervised(data, data.tags)
    for name, value in model.state_dict().items():
        assert_close(tagger.model.state_dict()[name], value)


@pytest.mark.slow
def test_a_fit_is_one_pass_whose_loss_is_of_symbols_and_tags_together(tmp_path):
    data = random_tagged()
    tagger = build_hidden_markov_tagger(HiddenMarkovConfig(kind="hidden_markov"), SCHEMA)
    report = tagger.fit(data, data, setting(tmp_path))
    assert (report.n_epochs, report.stop_reason) == (1, "exact")
    total = sum(
        joint(tagger.model, data.sequence(row).tolist(), data.tags_of(row).tolist())
        for row in range(len(data))
    )
    assert report.valid_loss == pytest.approx(-float(total) / data.n_steps)
    assert report.notes == ("losses are of sequences and tags together, -log p(x, tags), per step",)
    # The states are the tags: 2 starts, 3 x 2 moves, 3 x 3 symbols.
    assert report.n_parameters == 17


def test_tags_are_as_probable_as_their_path_among_all_paths():
    data = random_tagged()
    tagger = counted(data)
    found = tagger.log_prob(collate_all(data))
    for row in range(len(data)):
        paths, shares = shares_of_paths(tagger, data.sequence(row).tolist())
        own = shares[paths.index(tuple(data.tags_of(row).tolist()))]
        assert_close(found[row].exp(), own)


@pytest.mark.parametrize("decoding", ["posterior", "viterbi"])
def test_the_chosen_tags_are_those_of_the_best_rule(decoding):
    data = random_tagged(seed=2)
    tagger = counted(data, tag_decoding=decoding)
    batch = collate_all(data)
    chosen, probs = tagger.tag(batch), tagger.tag_probs(batch)
    for row, length in enumerate(data.lengths.tolist()):
        paths, shares = shares_of_paths(tagger, data.sequence(row).tolist())
        of_step = torch.zeros(length, N_TAGS, dtype=torch.float64)
        for path, share in zip(paths, shares, strict=True):
            of_step[range(length), path] += share
        assert_close(probs[row, :length], of_step)
        best = {
            "posterior": tuple(of_step.argmax(dim=1).tolist()),
            "viterbi": paths[int(shares.argmax())],
        }[decoding]
        assert tuple(chosen[row, :length].tolist()) == best


def test_the_two_rules_differ_where_the_best_path_is_not_made_of_the_best_steps():
    by_step = counted(random_tagged(40, seed=1))
    by_path = HiddenMarkovTagger(
        by_step.config.model_copy(update={"tag_decoding": "viterbi"}), SCHEMA, N_TAGS
    )
    by_path.load_state_dict(by_step.state_dict())
    batch = collate_all(random_tagged(60, seed=3))
    assert not torch.equal(by_step.tag(batch), by_path.tag(batch))


def test_a_sequence_that_no_path_explains_is_impossible_with_any_tags():
    data = sequences_of([np.array([0, 1])], tags=[np.array([0, 1])])
    tagger = counted(data, pseudo_count=0.0)
    unseen = sequences_of([np.array([3, 1])], tags=[np.array([0, 1])])
    assert tagger.log_prob(collate_all(unseen)).item() == -float("inf")
    with pytest.raises(DataError, match="sequence 0, step 0: 3 is impossible"):
        tagger.tag(collate_all(unseen))


def test_bad_tags_are_named():
    tagger = build_hidden_markov_tagger(HiddenMarkovConfig(kind="hidden_markov"), SCHEMA)
    wrong = sequences_of([np.array([0]), np.array([1, 1])], tags=[np.array([0]), np.array([2, 3])])
    with pytest.raises(DataError) as caught:
        tagger.expect(collate_all(wrong))
    assert str(caught.value) == "sequence 1, step 1: tag 3 is not one of 0 to 2."
    with pytest.raises(DataError) as caught:
        tagger.expect(collate_all(sequences_of([np.array([0])])))
    assert str(caught.value) == (
        "the batch has no tags; a tagger learns from them and is judged by them."
    )
    with pytest.raises(NotFittedError):
        tagger.log_prob(collate_all(random_tagged()))
    with pytest.raises(DataError) as caught:
        build_hidden_markov_tagger(tagger.config, DataSchema("tagging", n_symbols=4))
    assert str(caught.value) == "the schema of a tagging task must say n_tags."
