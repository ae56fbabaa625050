from dataclasses import replace

import numpy as np
import pytest
import torch

from seqarena.batch import collate_all, sequences_of
from seqarena.errors import ConfigError
from seqarena.families.neural import RecurrentConfig, TransformerConfig, build_neural
from seqarena.fitting.protocols import FitSetting, HardwareConfig, OptimiserConfig, TrainingConfig
from seqarena.schema import DataSchema

N_SYMBOLS, END, LONGEST = 100, 100, 6
STRINGS = DataSchema(
    "transduction",
    n_symbols=N_SYMBOLS,
    n_target_symbols=N_SYMBOLS + 1,
    target_end=END,
    target_of_symbol=tuple(range(N_SYMBOLS)),
    max_length=LONGEST,
    max_target_length=LONGEST + 1,
)
GRU = RecurrentConfig(kind="gru", model_dim=8, attention="softmax", copies=True)
TRANSFORMER = TransformerConfig(kind="transformer", model_dim=8, n_heads=2, copies=True)


@pytest.mark.parametrize("config", [GRU, TRANSFORMER])
def test_copying_is_for_tokens_that_become_tokens(config):
    assert config.cannot("transduction", "tokens") is None
    for kind, given in (
        ("transduction", "frames"),
        ("classification", "tokens"),
        ("alignment", "tokens"),
        ("density", "tokens"),
    ):
        assert config.cannot(kind, given) == (
            "copying takes symbols of the input for symbols of the output, and this is "
            f"{kind} of {given}; set copies to false"
        )


def test_a_decoder_that_looks_at_nothing_copies_nothing():
    by_ctc = RecurrentConfig(kind="gru", transduction_head="ctc", copies=True)
    assert by_ctc.cannot("transduction", "frames") == (
        "copying takes symbols of the input for symbols of the output, and this is transduction of "
        "frames; set copies to false"
    )
    assert RecurrentConfig(kind="gru", copies=True).cannot("transduction", "tokens") == (
        "a decoder copies what it looks at, and attention is 'none'; set attention to 'softmax' or "
        "another mechanism, or copies to false"
    )


@pytest.mark.parametrize("config", [GRU, TRANSFORMER])
@pytest.mark.parametrize("shared", [None, (-1,) * N_SYMBOLS])
def test_nothing_in_common_is_nothing_to_copy(config, shared):
    with pytest.raises(ConfigError) as refusal:
        build_neural(config, replace(STRINGS, target_of_symbol=shared), torch.Generator())
    assert str(refusal.value) == (
        f"{config.kind}.copies: none of the 100 symbols of the input is one of the 101 of the "
        "target, so that there is nothing to copy; set it to false."
    )


def test_a_schema_that_was_stored_as_json_is_read_again():
    stored = {**STRINGS.as_dict(), "target_of_symbol": list(range(N_SYMBOLS))}
    assert DataSchema.from_dict(stored) == STRINGS


class Silence:
    def metric(self, name, value, step):
        pass


def strings(n, low, high, seed):
    draws = np.random.default_rng(seed)
    inputs = [draws.integers(0, N_SYMBOLS, draws.integers(low, high + 1)) for _ in range(n)]
    target = sequences_of([np.append(each[::-1], END) for each in inputs])
    return sequences_of(inputs, target=target)


def shares_of_symbols(config, tmp_path) -> tuple[float, float]:
    """Fit on strings of two to four symbols; return the shares of right ones in new strings.

    The first are as long as those that were seen, the second longer.
    """
    family = build_neural(config, STRINGS, torch.Generator().manual_seed(0))
    setting = FitSetting(
        seed=0,
        training=TrainingConfig(batch_size=16, max_epochs=8, patience=8),
        hardware=HardwareConfig(accelerator="cpu", devices=1),
        scratch=tmp_path,
        recorder=Silence(),
    )
    family.fit(strings(250, 2, 4, 1), strings(60, 2, 4, 2), setting)
    return tuple(
        share_of_right_ones(family, collate_all(test))
        for test in (strings(100, 2, 4, 4), strings(100, 5, LONGEST, 3))
    )


def share_of_right_ones(family, batch) -> float:
    found, gold = family.generate(batch, LONGEST + 1).tokens, batch.target.tokens
    time = min(found.shape[1], gold.shape[1])
    right = (found[:, :time] == gold[:, :time]) & batch.target.mask[:, :time]
    return int(right.sum()) / int(batch.target.mask.sum())


@pytest.mark.slow
def test_one_who_copies_reverses_strings_of_many_symbols_after_few_examples(tmp_path):
    config = RecurrentConfig(
        kind="gru",
        model_dim=32,
        bidirectional=True,
        attention="softmax",
        optimiser=OptimiserConfig(learning_rate=1e-2),
    )
    plain = shares_of_symbols(config, tmp_path / "plain")
    copying = shares_of_symbols(config.model_copy(update={"copies": True}), tmp_path / "copying")
    assert copying[0] > plain[0] + 0.2
    assert copying[1] > plain[1] + 0.1
