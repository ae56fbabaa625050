from itertools import product
from typing import get_args

import pytest
import torch
from neural_scenes import TOKENS, TRANSFORMERS, language_model, recurrent, seeded
from torch.testing import assert_close

from seqarena.attention.choice import QueryingKind
from seqarena.attention.intervention import intervening
from seqarena.batch import Batch
from seqarena.errors import ArtifactError, ConfigError
from seqarena.networks.reading import begin_reading, next_logits, read_on
from seqarena.networks.sampling import Sampling, draw_symbols, next_probs

N_SYMBOLS = 3
LOOKING_BACK = {f"gru-{kind}": recurrent("gru", kind) for kind in get_args(QueryingKind)}
READERS = {
    "elman": recurrent("elman_rnn"),
    "lstm": recurrent("lstm", n_layers=2),
    "gru": recurrent("gru"),
    **LOOKING_BACK,
    "lstm-multi_head": recurrent("lstm", "multi_head", n_layers=2, layer_norm=True),
    "elman-softmax": recurrent("elman_rnn", "softmax"),
    **TRANSFORMERS,
}


def sharp(name: str):
    model = seeded(language_model, READERS[name], TOKENS).eval()
    with torch.no_grad():
        model.output.weight.mul_(4.0)
        model.start.normal_(std=0.5)
    return model


def sequences_as_batch(tokens: torch.Tensor) -> Batch:
    mask = torch.ones_like(tokens, dtype=torch.bool)
    lengths = torch.full((len(tokens),), tokens.shape[1])
    rows = torch.arange(len(tokens))
    return Batch(rows=rows, lengths=lengths, mask=mask, scored=mask, tokens=tokens)


def every_sequence(time: int) -> torch.Tensor:
    return torch.tensor(list(product(range(N_SYMBOLS), repeat=time)))


@pytest.mark.parametrize("name", READERS)
@torch.no_grad()
def test_reading_on_predicts_what_reading_everything_predicts(name):
    model, tokens = sharp(name), every_sequence(3)
    expected = model.logits(sequences_as_batch(tokens))
    reading = begin_reading(model, len(tokens))
    for step in range(tokens.shape[1]):
        assert_close(next_logits(model, reading), expected[:, step])
        reading = read_on(model, tokens[:, step], reading)


@pytest.mark.parametrize("name", LOOKING_BACK)
@torch.no_grad()
def test_what_is_drawn_far_beyond_the_data_has_the_probability_of_the_whole_reading(name):
    model = sharp(name).float()
    drawn, log_prob = draw_symbols(model, 3, 50, torch.Generator().manual_seed(0), Sampling())
    whole = model.step_log_prob(sequences_as_batch(drawn))
    assert_close(log_prob, whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", LOOKING_BACK)
@torch.no_grad()
def test_recurrence_and_mechanism_read_one_step_for_each_symbol(name, monkeypatch):
    model, run, made = sharp(name), [], []
    recurrent, mechanism = model.encoder.recurrent, model.encoder.mechanism
    recurrent.stack[0].register_forward_pre_hook(lambda _, given: run.append(given[0].shape[1]))
    monkeypatch.setattr(
        mechanism,
        "prepared",
        lambda keys, f=mechanism.prepared: made.append(keys.shape[1]) or f(keys),
    )
    draw_symbols(model, 2, 9, torch.Generator().manual_seed(0), Sampling())
    # Nothing follows the ninth symbol.
    assert run == made == [1] * 8


@pytest.mark.parametrize("name", LOOKING_BACK)
@torch.no_grad()
def test_weights_that_are_put_into_an_attention_are_refused_while_it_looks_step_by_step(name):
    model = sharp(name)
    with (
        intervening({model.encoder.mechanism: lambda look: look.weights}),
        pytest.raises(ArtifactError, match="not those of a generation step by step"),
    ):
        draw_symbols(model, 2, 3, torch.Generator().manual_seed(0), Sampling())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lstm", "transformer-rotary"])
@torch.no_grad()
def test_frequencies_are_the_probabilities_of_whole_sequences(name):
    model, n_drawn, time = sharp(name), 40_000, 3
    draws = torch.Generator().manual_seed(0)
    drawn, log_prob = draw_symbols(model, n_drawn, time, draws, Sampling())
    everything = every_sequence(time)
    exact = model.step_log_prob(sequences_as_batch(everything)).sum(dim=1).exp()
    codes = (drawn * N_SYMBOLS ** torch.arange(time - 1, -1, -1)).sum(dim=1)
    counts = codes.bincount(minlength=len(everything)).double()
    chi_square = ((counts - n_drawn * exact) ** 2 / (n_drawn * exact)).sum()
    # 26 degrees of freedom: 54.1 is exceeded once in a thousand seeds.
    assert float(chi_square) < 54.1
    assert_close(log_prob.sum(dim=1).exp(), exact[codes])


@torch.no_grad()
def test_temperature_sharpens_each_step_and_leaves_the_reported_probability_alone():
    model, n_drawn = sharp("gru"), 40_000
    sampling = Sampling(temperature=0.5)
    draws = torch.Generator().manual_seed(1)
    drawn, log_prob = draw_symbols(model, n_drawn, 1, draws, sampling)
    own = model.logits(sequences_as_batch(torch.tensor([[0]])))[0, 0].log_softmax(0)
    exact = (2 * own).softmax(0)
    shares = drawn[:, 0].bincount(minlength=N_SYMBOLS).double() / n_drawn
    # Twice the total variation is at most 4 standard errors per symbol.
    assert float((shares - exact).abs().sum()) < 4 * N_SYMBOLS * (0.25 / n_drawn) ** 0.5
    assert float((own.exp() - exact).abs().sum()) > 0.1
    assert_close(log_prob[:, 0], own[drawn[:, 0]])


@pytest.mark.parametrize("name", ["elman", "transformer"])
@pytest.mark.parametrize(
    "sampling", [Sampling(temperature=0.0), Sampling(top_k=1), Sampling(top_p=1e-9)]
)
@torch.no_grad()
def test_where_one_symbol_is_left_it_is_the_likeliest(name, sampling):
    model = sharp(name)
    drawn, _ = draw_symbols(model, 2, 4, torch.Generator().manual_seed(0), sampling)
    tokens = torch.zeros(2, 0, dtype=torch.int64)
    for _ in range(4):
        asked = torch.cat([tokens, torch.zeros(2, 1, dtype=torch.int64)], dim=1)
        best = model.logits(sequences_as_batch(asked))[:, -1].argmax(dim=-1)
        tokens = torch.cat([tokens, best[:, None]], dim=1)
    assert torch.equal(drawn, tokens)


@torch.no_grad()
def test_randomness_comes_from_the_generator_alone():
    model = sharp("gru")
    before = torch.random.get_rng_state()
    once, again, other = (
        draw_symbols(model, 20, 5, torch.Generator().manual_seed(seed), Sampling())[0]
        for seed in (0, 0, 1)
    )
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    assert torch.equal(torch.random.get_rng_state(), before)


LOGITS = torch.tensor([[0.5, 0.1, 0.3, 0.1], [0.1, 0.2, 0.3, 0.4]]).log()


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(), [[0.5, 0.1, 0.3, 0.1], [0.1, 0.2, 0.3, 0.4]]),
        (Sampling(top_k=2), [[0.625, 0.0, 0.375, 0.0], [0.0, 0.0, 3 / 7, 4 / 7]]),
        (Sampling(top_k=9), [[0.5, 0.1, 0.3, 0.1], [0.1, 0.2, 0.3, 0.4]]),
        (Sampling(top_p=0.45), [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 3 / 7, 4 / 7]]),
        (Sampling(top_p=0.75), [[0.625, 0.0, 0.375, 0.0], [0.0, 2 / 9, 3 / 9, 4 / 9]]),
        # Of the three likeliest, scaled to 1: 5/9, 3/9, 1/9 and 4/9, 3/9, 2/9.
        (Sampling(top_k=3, top_p=0.85), [[0.625, 0.0, 0.375, 0.0], [0.0, 2 / 9, 3 / 9, 4 / 9]]),
        (
            Sampling(temperature=0.5),
            [[25 / 36, 1 / 36, 9 / 36, 1 / 36], [1 / 30, 4 / 30, 9 / 30, 16 / 30]],
        ),
        # Squared first, the first symbol alone has 25/36 = 0.69 of it.
        (Sampling(temperature=0.5, top_p=0.6), [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.36, 0.64]]),
    ],
)
def test_temperature_then_the_likeliest_then_the_nucleus(sampling, expected):
    found = next_probs(LOGITS, sampling)
    assert_close(found, torch.tensor(expected, dtype=torch.float64), atol=1e-6, rtol=0)


def test_of_equally_likely_symbols_no_more_are_left_than_asked():
    even = torch.zeros(1, 4)
    assert int(next_probs(even, Sampling(top_k=2)).count_nonzero()) == 2
    assert int(next_probs(even, Sampling(top_p=0.5)).count_nonzero()) == 2
    assert next_probs(even, Sampling(temperature=0.0)).tolist() == [[1.0, 0.0, 0.0, 0.0]]


def test_a_temperature_near_zero_takes_the_likeliest_without_overflow():
    found = next_probs(torch.tensor([[300.0, 299.0, -300.0]]), Sampling(temperature=1e-300))
    assert found.tolist() == [[1.0, 0.0, 0.0]]


def test_numbers_out_of_their_range_are_refused_all_at_once():
    with pytest.raises(ConfigError) as refusal:
        Sampling(temperature=-1.0, top_k=0, top_p=1.5)
    assert refusal.value.mistakes == [
        "temperature: got -1.0; expected a number from 0 on.",
        "top_k: got 0; expected at least 1, or None for all.",
        "top_p: got 1.5; expected a number above 0, and at most 1.",
    ]
