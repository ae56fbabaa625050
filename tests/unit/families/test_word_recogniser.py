"""The recogniser against every word sequence, every state path, and a voice that it must follow."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from torch.testing import assert_close
from word_scenes import (
    END,
    N_WORDS,
    a_recogniser,
    every_transcript,
    random_recogniser,
    spoken,
    utterances,
)

from classical_scenes import fit_plainly, in_batches, setting
from seqarena.batch import collate_all
from seqarena.errors import DataError, NotFittedError
from seqarena.families.word_recogniser import build_word_recogniser
from seqarena.families.word_recogniser_config import WordRecogniserConfig
from seqarena.schema import DataSchema


def frames_of(length, seed=0, dim=2):
    return np.random.default_rng(seed).normal(size=(length, dim)).astype(np.float32)


def by_hand(model, frames: torch.Tensor, said: list[int]) -> torch.Tensor:
    """log p(x, words): the sum over all state paths, written out as a list of segments.

    A path is a choice of silences and of how long each state lasts.
    """
    silent, states = model.config.silence_states, model.config.n_states
    log_emission = model.emission.log_prob(frames.double())
    total = []
    for silences in product([True, False] if silent else [False], repeat=len(said) + 1):
        chain = []
        for place, is_silent in enumerate(silences):
            if is_silent:
                chain += [len(model.log_stay) - silent + q for q in range(silent)]
            if place < len(said):
                chain += [said[place] * states + s for s in range(states)]
        choice = sum(model.log_silence[0 if each else 1] for each in silences)
        for lasts in product(range(1, len(frames) + 1), repeat=len(chain)):
            if sum(lasts) != len(frames):
                continue
            score, step = choice, 0
            for state, last in zip(chain, lasts, strict=True):
                score = score + (last - 1) * model.log_stay[state] + model.log_leave[state]
                score = score + log_emission[step : step + last, state].sum()
                step += last
            total.append(score)
    bigrams = [model.log_bigram[a, b] for a, b in pairwise([END, *said, END])]
    if not total:
        return torch.tensor(-torch.inf, dtype=torch.float64)
    return torch.stack(total).logsumexp(dim=0) + sum(bigrams)


@pytest.mark.slow
@pytest.mark.parametrize(("states", "silent"), [(2, 1), (1, 2), (2, 0)])
def test_the_likelihood_of_a_transcript_is_the_sum_over_every_path(states, silent):
    model = random_recogniser(n_states=states, silence_states=silent)
    said, lengths = [[1, 2], [0], [2, 2]], [6, 4, 5]
    frames = [frames_of(length, seed) for seed, length in enumerate(lengths)]
    batch = collate_all(utterances(frames, said))
    expected = [
        by_hand(model, torch.from_numpy(each), words)
        for each, words in zip(frames, said, strict=True)
    ]
    assert_close(model.expect(batch).log_likelihood, torch.stack(expected).sum())


@pytest.mark.parametrize(("states", "silent"), [(2, 1), (1, 2), (2, 0)])
@pytest.mark.parametrize("knobs", [{}, {"language_scale": 0.5, "insertion_penalty": 1.5}])
def test_the_probabilities_of_all_word_sequences_sum_to_one(states, silent, knobs):
    """Five frames hold at most 5 // n_states words, so that this is all of them."""
    model = random_recogniser(n_states=states, silence_states=silent, **knobs)
    said = every_transcript(N_WORDS, 5 // states)
    batch = collate_all(utterances([frames_of(5)] * len(said), said))
    log_prob = model.log_prob(batch)
    assert bool((log_prob <= 0).all())
    assert_close(log_prob.exp().sum(), torch.tensor(1.0, dtype=torch.float64))


def test_the_share_of_a_transcript_is_its_joint_probability_over_that_of_all():
    model = random_recogniser()
    frames, said = frames_of(4), every_transcript(N_WORDS, 2)
    joint = torch.stack([by_hand(model, torch.from_numpy(frames), words) for words in said])
    batch = collate_all(utterances([frames] * len(said), said))
    assert_close(model.log_prob(batch), joint - joint.logsumexp(dim=0))


def test_a_transcript_that_does_not_fit_is_impossible():
    model = random_recogniser()
    batch = collate_all(utterances([frames_of(3), frames_of(1), frames_of(4)], [[0, 1], [0], []]))
    assert model.log_prob(batch).tolist() == [-torch.inf] * 3


@pytest.mark.slow
def test_statistics_are_the_slope_of_the_likelihood():
    """d log p / d log(parameter) is the expected count: an oracle that knows no recursion."""
    model = random_recogniser()
    batch = collate_all(utterances([frames_of(9), frames_of(7, 1)], [[0, 2], [1]]))
    counted = model.expect(batch)
    for name, count in (
        ("log_stay", counted.stay),
        ("log_leave", counted.leave),
        ("log_silence", counted.silence),
    ):
        buffer = getattr(model, name)
        for index in range(len(buffer)):
            ends = []
            for step in (1e-5, -1e-5):
                buffer[index] += step
                ends.append(model.expect(batch).log_likelihood)
                buffer[index] -= step
            slope = (ends[0] - ends[1]) / 2e-5
            assert_close(slope, count[index], atol=1e-6, rtol=1e-6)
    weight = model.emission.log_weight
    expected = torch.zeros_like(weight)
    for state, component in product(*map(range, weight.shape)):
        ends = []
        for step in (1e-5, -1e-5):
            weight[state, component] += step
            ends.append(model.expect(batch).log_likelihood)
            weight[state, component] -= step
        expected[state, component] = (ends[0] - ends[1]) / 2e-5
    assert_close(counted.sums.weight.view_as(weight), expected, atol=1e-6, rtol=1e-6)


def test_every_frame_is_counted_once():
    model = random_recogniser()
    train = utterances([frames_of(9), frames_of(7, 1)], [[0, 2], [1]])
    counted = model.expect(collate_all(train))
    assert_close(counted.sums.weight.sum(), torch.tensor(16.0, dtype=torch.float64))
    assert_close((counted.stay + counted.leave).sum(), torch.tensor(16.0, dtype=torch.float64))
    # Three words and five places where silence may be: two utterances, one and two gaps more.
    assert_close(counted.silence.sum(), torch.tensor(5.0, dtype=torch.float64))


def test_statistics_add_over_batches():
    model, train = random_recogniser(), spoken(9)
    whole = model.expect(collate_all(train))
    parts = [model.expect(batch) for batch in in_batches(train, 2)]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    for one, other in zip(whole.tensors(), total.tensors(), strict=True):
        assert_close(one, other)
    assert whole.with_tensors(whole.tensors()) == whole


@pytest.mark.slow
@pytest.mark.parametrize("knobs", [{}, {"silence_states": 0}, {"pseudo_count": 0.0}])
@pytest.mark.parametrize("size", [1, 2])
def test_the_objective_never_falls(knobs, size):
    train = spoken(20)
    model = a_recogniser(**knobs)
    model.initialise(train, train)
    model.grow(size)
    objectives = fit_plainly(model, train, 12, size=7)
    assert all(after >= before - 1e-9 * abs(before) for before, after in pairwise(objectives))
    assert objectives[-1] > objectives[0] + 1.0


@pytest.mark.slow
def test_it_recognises_a_voice_that_it_has_not_heard(tmp_path):
    model = a_recogniser(n_states=3)
    train, test = spoken(60), spoken(30, seed=1)
    report = model.fit(train, spoken(10, seed=2), setting(tmp_path, max_em_epochs=20))
    generation = model.generate(collate_all(test), 9)
    written = [
        row[:length].tolist()
        for row, length in zip(generation.tokens, generation.lengths.tolist(), strict=True)
    ]
    gold = [test.target.sequence(row).tolist() for row in range(len(test))]
    assert written == gold
    assert bool((model.log_prob(collate_all(test)) > np.log(0.5)).all())
    assert 2 <= report.n_epochs <= 20
    assert report.notes[-1].startswith("epochs of each stage: ")


def test_words_of_one_sound_are_told_apart_by_what_follows_what(tmp_path):
    """Words 0 and 1 sound alike, and 1 is said after 2 alone: only the bigram can tell them."""

    def said_as(n, seed):
        draw = np.random.default_rng(seed)
        said = [[0] if draw.random() < 0.5 else [2, 1] for _ in range(n)]
        frames = [
            np.concatenate([draw.normal(size=(4, 2)) + 9.0 * (word == 2) for word in words])
            for words in said
        ]
        return utterances(frames, said)

    model = a_recogniser(silence_states=0, n_components=1, bigram_pseudo_count=0.01)
    model.fit(said_as(40, 0), said_as(9, 1), setting(tmp_path, max_em_epochs=5))
    test = said_as(20, 2)
    written = model.generate(collate_all(test), 9)
    gold = collate_all(test.target)
    assert torch.equal(written.lengths, gold.lengths)
    assert torch.equal(written.tokens, gold.tokens)


def test_the_bigram_is_counted_from_begin_to_end():
    model = a_recogniser(bigram_pseudo_count=0.0)
    train = utterances([frames_of(9)] * 3 + [frames_of(9, 1)], [[0, 1], [0, 2], [0, 1], [1, 0]])
    model.initialise(train, train)
    expected = torch.zeros(4, 4, dtype=torch.float64)
    expected[END, 0], expected[END, 1] = 3 / 4, 1 / 4
    expected[0, 1], expected[0, 2], expected[0, END] = 2 / 4, 1 / 4, 1 / 4
    expected[1, 0], expected[1, END] = 1 / 3, 2 / 3
    expected[2, END] = 1.0
    assert_close(model.log_bigram.exp(), expected)


def test_an_utterance_always_has_a_word():
    model = a_recogniser(bigram_pseudo_count=1.0)
    model.initialise(spoken(20), spoken(3))
    assert model.log_bigram[END, END] == -torch.inf
    assert_close(model.log_bigram.exp().sum(dim=1), torch.ones(4, dtype=torch.float64))


def test_the_start_cuts_each_utterance_into_equal_parts():
    """Eight frames over silence, two states, silence: two frames each."""
    frames = np.repeat(np.array([[-4.0, 1.0], [1.0, 2.0], [2.0, 7.0], [-4.0, 3.0]]), 2, axis=0)
    frames = frames + np.tile([[0.5, 0.5], [-0.5, -0.5]], (4, 1))
    model = a_recogniser(n_words=1)
    train = utterances([frames], [[0]], end=1)
    model.initialise(train, train)
    assert_close(
        model.emission.components.mean[:2], torch.tensor([[1.0, 2.0], [2.0, 7.0]]).double()
    )
    assert_close(model.emission.components.mean[2], torch.tensor([-4.0, 2.0]).double())


def test_a_penalty_takes_words_away_and_a_bonus_adds_some():
    batch = collate_all(spoken(10, seed=4))
    n_words = []
    for penalty in (-20.0, 0.0, 20.0):
        model = random_recogniser(insertion_penalty=penalty)
        n_words.append(int(model.generate(batch, 50).lengths.sum()))
    assert n_words[0] > n_words[1] > n_words[2]


@pytest.mark.slow
def test_a_map_tells_which_frames_each_word_took(tmp_path):
    model = a_recogniser(n_states=3)
    model.fit(spoken(60), spoken(10, seed=2), setting(tmp_path, max_em_epochs=20))
    silence, draw = np.full((3, 2), -4.0), np.random.default_rng(5)
    word = np.stack([np.full(5, 3.0), np.linspace(0, 4, 5)], axis=1)
    frames = np.concatenate([silence, word, silence, word, silence])
    frames = frames + 0.1 * draw.normal(size=frames.shape)
    (native,) = model.native_maps(collate_all(utterances([frames, word], [[1, 1], [1]])))
    assert (native.name, native.kind) == ("decoder.cross", "posterior")
    assert native.row_mask.tolist() == [[True, True, True], [True, False, False]]
    first = native.values[0, 0]
    for row, (begin, end) in enumerate([(3, 8), (11, 16), (16, 19)]):
        assert first[row, begin:end].sum() > 0.99


def test_generation_stops_at_the_longest_output_that_is_wanted():
    model, batch = random_recogniser(), collate_all(spoken(6))
    whole = model.generate(batch, 50)
    cut = model.generate(batch, 2)
    assert torch.equal(cut.lengths, whole.lengths.clamp(max=2))
    assert torch.equal(cut.tokens, whole.tokens[:, :2])


def test_an_utterance_too_short_for_any_word_gets_the_end_alone():
    generation = random_recogniser().generate(collate_all(utterances([frames_of(1)], [[0]])), 5)
    assert generation.tokens.tolist() == [[END]]
    assert generation.lengths.tolist() == [1]


def test_parameters_are_counted():
    """3 words of 2 states and 1 of silence, 2 components in 2 dimensions."""
    model = random_recogniser()
    durations, silence, bigram = 7, 1, 3 * 3 + 2
    assert model.n_free_parameters() == durations + silence + bigram + 7 * (1 + 2 * 2 * 2)


def test_asking_for_words_before_fitting_is_an_error():
    with pytest.raises(NotFittedError, match=r"^word recogniser: not fitted;"):
        a_recogniser().generate(collate_all(spoken(2)), 5)


@pytest.mark.parametrize(
    ("frames", "said", "message"),
    [
        (
            [9, 3],
            [[0, 1, 2], [0, 1]],
            "train utterance 1: has 3 frames, but its transcript of 2 words needs at least 4 "
            "(2 states a word); lower n_states, or drop the utterance.",
        ),
        (
            [9, 9],
            [[0, 1, 2], [0, 4]],
            "train utterance 1: word 1 of its transcript is 4, outside the vocabulary (0 to 2, and "
            "3 for the end); map it to a known word, or drop the utterance.",
        ),
        ([9, 9], [[0, 1, 2], []], "train utterance 1: its transcript holds no word; drop it."),
        (
            [9, 9],
            [[0, 2], [2]],
            "word 1 of 3 is in no training transcript, so that its model has nothing to learn "
            "from; split the data anew, or take the word out of the vocabulary.",
        ),
    ],
)
def test_transcripts_that_teach_nothing_are_refused(tmp_path, frames, said, message):
    train = utterances([frames_of(length) for length in frames], said)
    with pytest.raises(DataError) as caught:
        a_recogniser().fit(train, spoken(3), setting(tmp_path))
    assert str(caught.value) == message


def test_an_unknown_word_in_validation_is_refused(tmp_path):
    valid = utterances([frames_of(9)], [[0, 7]])
    with pytest.raises(DataError) as caught:
        a_recogniser().fit(spoken(9), valid, setting(tmp_path))
    assert str(caught.value).startswith("valid utterance 0: word 1 of its transcript is 7, outside")


def test_frames_that_are_not_finite_are_refused(tmp_path):
    broken = frames_of(9)
    broken[4, 1] = np.nan
    train = utterances([frames_of(9), broken], [[0, 1], [2]])
    message = (
        "sequence 1, step 4: dimension 1 is nan; "
        "frames must be finite: repair or drop the sequence."
    )
    for fitted, valid in ((train, spoken(3)), (spoken(9), train)):
        with pytest.raises(DataError) as caught:
            a_recogniser().fit(fitted, valid, setting(tmp_path))
        assert str(caught.value) == message
    with pytest.raises(DataError) as caught:
        random_recogniser().generate(collate_all(train), 5)
    assert str(caught.value) == message


def test_an_unknown_word_is_refused_when_it_is_scored():
    with pytest.raises(DataError) as caught:
        random_recogniser().log_prob(collate_all(utterances([frames_of(9)], [[1, 5]])))
    assert str(caught.value).startswith("utterance 0: word 1 of its transcript is 5, outside")


def test_the_end_must_be_the_last_target_symbol():
    config = WordRecogniserConfig(kind="word_recogniser")
    schema = DataSchema("transduction", dim=2, n_target_symbols=4, target_end=0)
    with pytest.raises(DataError) as caught:
        build_word_recogniser(config, schema)
    assert str(caught.value) == (
        "schema.target_end: 0; a word recogniser expects the end symbol to be the last of 4 target "
        "symbols, 3."
    )


@pytest.mark.parametrize(
    ("kind", "steps", "reason"),
    [
        ("density", "frames", "a word recogniser writes words, and this task asks for none"),
        (
            "transduction",
            "tokens",
            "a word recogniser hears frames, and this task's input is tokens",
        ),
        ("transduction", "frames", None),
    ],
)
def test_it_says_what_it_cannot_do(kind, steps, reason):
    assert WordRecogniserConfig(kind="word_recogniser").cannot(kind, steps) == reason
