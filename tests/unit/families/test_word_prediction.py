import numpy as np
import pytest
import torch
from torch.testing import assert_close
from word_scenes import END, N_WORDS, every_transcript, random_recogniser, utterances

from seqarena.batch import collate, collate_all
from seqarena.families.predictive import output_kind


def frames_of(n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 2))


@pytest.mark.parametrize("silence_states", [0, 1, 2])
def test_a_word_is_as_probable_as_all_transcripts_that_go_on_with_it(silence_states):
    knobs = {"language_scale": 1.5, "insertion_penalty": 0.3}
    model = random_recogniser(silence_states=silence_states, **knobs)
    # Seven frames hold three words of two states at most.
    said = every_transcript(N_WORDS, 3)
    batch = collate_all(utterances([frames_of(7)] * len(said), said))
    shares = dict(zip(map(tuple, said), model.log_prob(batch).exp().tolist(), strict=True))
    asked = model.predictive_log_prob(batch).exp()

    def begins_with(words):
        return sum(share for all_words, share in shares.items() if all_words[: len(words)] == words)

    for row, words in enumerate(map(tuple, said)):
        for place in range(len(words) + 1):
            before = words[:place]
            options = [begins_with((*before, word)) for word in range(N_WORDS)]
            expected = torch.tensor([*options, shares.get(before, 0.0)], dtype=torch.float64)
            assert_close(asked[row, place], expected / begins_with(before))


def test_along_a_transcript_the_words_add_up_to_its_probability_whoever_else_is_there():
    model = random_recogniser(silence_states=2)
    data = utterances([frames_of(n, n) for n in (12, 5, 9)], [[0, 2, 1], [1], [2, 2]])
    batch = collate_all(data)
    gold = batch.target.tokens
    steps = model.predictive_log_prob(batch).gather(2, gold[..., None])[..., 0]
    assert_close(steps.where(batch.target.mask, 0.0).sum(dim=1), model.log_prob(batch))
    for row in range(3):
        alone = model.predictive_log_prob(collate(data, np.array([row])))[0]
        assert_close(alone, model.predictive_log_prob(batch)[row, : len(alone)])


def test_where_the_words_before_do_not_fit_nothing_is_expected():
    model = random_recogniser(silence_states=0)
    batch = collate_all(utterances([frames_of(3), frames_of(1)], [[0, 1], [2]]))
    asked = model.predictive_log_prob(batch)
    # Three frames hold one word: behind it there is the end, and two words are one too many.
    assert asked[0, 1].exp().tolist() == [0.0, 0.0, 0.0, 1.0]
    assert asked[0, 2].isneginf().all()
    assert asked[1].isneginf().all()
    assert not asked.isnan().any()


def test_it_can_be_asked_about_its_words_as_any_family_that_writes():
    batch = collate_all(utterances([frames_of(6)], [[0]]))
    assert output_kind(random_recogniser(), batch) == "target"
    assert batch.target.tokens.tolist() == [[0, END]]
