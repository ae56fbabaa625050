"""One context protocol for all families: what is scored is the same, what is seen is as stated."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seqarena.batch import Batch, collate_all, sequences_of
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.text_files import TextFilesConfig, read_text_files
from seqarena.data.sources.tiny_shakespeare import (
    TinyShakespeareConfig,
    read_tiny_shakespeare,
)
from seqarena.data.splits import Split
from seqarena.families.markov_chain import build_markov_chain
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.families.neural import RecurrentConfig, TransformerConfig, build_neural
from seqarena.fitting.protocols import FitSetting, HardwareConfig, TrainingConfig

WINDOW, STRIDE = 12, 4
TEXT = "".join(np.random.default_rng(0).choice(list("abc"), 300, p=[0.5, 0.3, 0.2]))


class Deaf:
    """Hears of a fit, and does not care."""

    def metric(self, name: str, value: float, step: int) -> None:
        pass


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, SourceData]:
    """One text under both protocols."""
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    return {
        context: read_text_files(
            TextFilesConfig(
                kind="text", path=str(path), context=context, window=WINDOW, stride=STRIDE
            )
        )
        for context in ("stream", "blocks")
    }


def counted(order: int, source: SourceData, folder: Path):
    config = MarkovChainConfig(kind="markov_chain", order=order, smoothing="kneser_ney")
    chain = build_markov_chain(config, source.schema.n_symbols)
    parts = [source.parts[split].sequences for split in (Split.TRAIN, Split.VALID)]
    setting = FitSetting(0, TrainingConfig(), HardwareConfig(accelerator="cpu"), folder, Deaf())
    chain.fit(*parts, setting)
    return chain


def split_to_test(source: SourceData) -> Batch:
    """The test split as one batch."""
    return collate_all(source.parts[Split.TEST].sequences)


def last_steps(chain, pasts: list[np.ndarray]) -> torch.Tensor:
    """Log-probability of the last symbol of each, given the others."""
    batch = collate_all(sequences_of(pasts))
    return chain.step_log_prob(batch).gather(1, batch.lengths[:, None] - 1)[:, 0]


@pytest.mark.slow
def test_a_chain_under_a_stream_is_the_chain_of_one_long_sequence(sources, tmp_path: Path):
    source, order = sources["stream"], 3
    chain = counted(order, source, tmp_path)
    document = source.parts[Split.TEST].sequences.sequence(0)
    pasts = [document[max(0, at - order) : at + 1] for at in range(len(document))]
    assert_close(chain.step_log_prob(split_to_test(source))[0], last_steps(chain, pasts))


@pytest.mark.slow
def test_in_blocks_nothing_before_a_window_is_seen(sources, tmp_path: Path):
    chain, batch = counted(7, sources["blocks"], tmp_path), split_to_test(sources["blocks"])
    document = sources["stream"].parts[Split.TEST].sequences.sequence(0)
    # The window that is the first to reach a symbol begins at a multiple of the stride.
    starts = [max(0, -(-(at - WINDOW + 1) // STRIDE) * STRIDE) for at in range(len(document))]
    pasts = [document[start : at + 1] for at, start in enumerate(starts)]
    assert_close(chain.step_log_prob(batch)[batch.scored], last_steps(chain, pasts))


FAMILIES = {
    "lstm": RecurrentConfig(kind="lstm", model_dim=4),
    "transformer": TransformerConfig(kind="transformer", model_dim=4, n_heads=2, n_layers=1),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_network_without_a_past_differs_only_where_its_protocol_says(sources, name):
    """Under a stream an LSTM sees all of the past; a Transformer what it sees in blocks."""
    stream, blocks = sources["stream"], sources["blocks"]
    of_stream = network(FAMILIES[name], stream)
    of_blocks = network(FAMILIES[name], blocks)
    of_blocks.load_state_dict(of_stream.state_dict())
    batch = split_to_test(blocks)
    in_blocks = of_blocks.step_log_prob(batch)[batch.scored]
    in_stream = of_stream.step_log_prob(split_to_test(stream))[0]
    # The scored symbols are the same, in the same order.
    assert batch.tokens[batch.scored].tolist() == split_to_test(stream).tokens[0].tolist()
    assert_close(in_stream[:WINDOW], in_blocks[:WINDOW], atol=1e-5, rtol=1e-4)
    agrees = torch.isclose(in_stream, in_blocks, atol=1e-6).all().item()
    assert agrees == (name == "transformer")


def network(config, source: SourceData):
    schema = source.schema
    longest = max(int(part.sequences.lengths.max()) for part in source.parts.values())
    schema = type(schema)(**{**schema.as_dict(), "max_length": longest})
    family = build_neural(config, schema, torch.Generator().manual_seed(0))
    family.fitted.fill_(True)
    return family


@pytest.mark.slow
@pytest.mark.skipif(
    "SEQARENA_MIRROR" not in os.environ,
    reason="SEQARENA_MIRROR names no folder of published data sets",
)
def test_kneser_ney_reaches_what_is_published_on_the_last_tenth_of_shakespeare(tmp_path: Path):
    config = TinyShakespeareConfig(kind="tiny_shakespeare", context="stream", valid_in_train=True)
    source = read_tiny_shakespeare(config)
    # N-grams of seven characters.
    log_prob = counted(6, source, tmp_path).log_prob(split_to_test(source))
    assert -log_prob.item() / 111_540 == pytest.approx(1.5165, abs=5e-5)
