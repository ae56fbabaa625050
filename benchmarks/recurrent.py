"""One training step of a recurrent language model, ours and a bare loop's, side by side.

    OMP_NUM_THREADS=1 python benchmarks/recurrent.py

A step is forward, backward, clipping and AdamW on characters of an alphabet of 65. The peer is
`nn.Embedding`, the recurrence of torch and `nn.Linear`, nothing else; ours is the family's own
`objective`, which checks its batch and predicts the first symbol too. The options have as their
peer the network without them, or torch's own way to them. The last rows say from which size on an
LSTM's table of symbols gains over torch's kernel: `networks/symbol_lstm.py` decides by them.
"""

from collections.abc import Callable
from unittest import mock

import numpy as np
import torch
from side_by_side import Row, medians, write
from torch import Tensor, nn
from torch.nn import functional

from seqarena.batch import Batch, collate_all, sequences_of
from seqarena.families.neural import RecurrentConfig, build_neural
from seqarena.networks import fused_layers
from seqarena.networks.bidirectional import BidirectionalRecurrent
from seqarena.networks.fused_layers import Recurrence
from seqarena.networks.symbol_lstm import LEAST_PRODUCT
from seqarena.schema import DataSchema

N_SYMBOLS = 65
N_ROUNDS = 11
# Kind, width, batch, steps, least ratio.
STEPS = [("lstm", 128, 32, 64, 1.0), ("lstm", 256, 64, 128, 1.2), ("gru", 128, 32, 64, 1.0)]
OPTIONS: list[tuple[str, dict[str, object], float]] = [
    ("weight_drop", {"weight_drop": 0.5}, 0.9),
    ("layer_norm, 2 layers", {"layer_norm": True, "n_layers": 2}, 0.85),
    ("tie_weights", {"tie_weights": True}, 0.9),
]
# Width and batch of an LSTM that reads from a table, and from torch's kernel.
TABLES = [(128, 32), (128, 48), (192, 32), (128, 64), (256, 32)]


class Bare(nn.Module):
    """The least that predicts the next symbol."""

    def __init__(self, kind: str, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(N_SYMBOLS, width)
        layer = {"lstm": nn.LSTM, "gru": nn.GRU}[kind]
        self.layers = layer(width, width, batch_first=True)
        self.output = nn.Linear(width, N_SYMBOLS)

    def loss(self, tokens: Tensor) -> Tensor:
        """Return nats per symbol, of all but the first."""
        states, _ = self.layers(self.embedding(tokens[:, :-1]))
        return functional.cross_entropy(self.output(states).flatten(0, 1), tokens[:, 1:].flatten())


def characters(batch: int, time: int) -> Batch:
    """Draw a batch."""
    draw = np.random.default_rng(0)
    return collate_all(sequences_of(list(draw.integers(N_SYMBOLS, size=(batch, time)))))


def step_of(module: nn.Module, loss: Callable[[], Tensor]) -> Callable[[], None]:
    """Return a call that makes ten training steps."""
    learned = [each for each in module.parameters() if each.requires_grad]
    optimiser = torch.optim.AdamW(learned, lr=1e-3, fused=True)

    def run() -> None:
        for _ in range(10):
            optimiser.zero_grad()
            loss().backward()
            nn.utils.clip_grad_norm_(learned, 1.0)
            optimiser.step()

    return run


def ours(batch: Batch, kind: str, width: int, **settings: object) -> Callable[[], None]:
    """Return ten steps of the family."""
    config = RecurrentConfig.model_validate({"kind": kind, "model_dim": width, **settings})
    schema = DataSchema("density", n_symbols=N_SYMBOLS, max_length=batch.mask.shape[1])
    model = build_neural(config, schema, torch.Generator().manual_seed(0)).train()

    def loss() -> Tensor:
        objective = model.objective(batch)
        return objective.total / objective.weight

    return step_of(model, loss)


def bare(size: int, time: int, kind: str, width: int) -> Callable[[], None]:
    """Return ten steps of the bare loop, which reads as many symbols as it predicts."""
    draw = np.random.default_rng(0)
    tokens = torch.from_numpy(draw.integers(N_SYMBOLS, size=(size, time + 1)))
    model = Bare(kind, width)
    return step_of(model, lambda: model.loss(tokens))


def both_ways() -> Row:
    """Read a ragged batch from both ends: reversed by index, and packed."""
    draw = np.random.default_rng(0)
    lengths = draw.integers(40, 65, size=32)
    mask = torch.arange(64) < torch.from_numpy(lengths)[:, None]
    steps = torch.randn(32, 64, 64, generator=torch.Generator().manual_seed(0))
    mine = BidirectionalRecurrent(Recurrence("lstm"), 64, 64, n_layers=2)
    theirs = nn.LSTM(64, 64, num_layers=2, batch_first=True, bidirectional=True)

    def packed() -> None:
        given = nn.utils.rnn.pack_padded_sequence(
            steps, torch.from_numpy(lengths), batch_first=True, enforce_sorted=False
        )
        joined, _ = nn.utils.rnn.pad_packed_sequence(theirs(given)[0], batch_first=True)
        joined.square().sum().backward()

    times = medians(
        {"ours": lambda: mine(steps, mask).square().sum().backward(), "peer": packed}, N_ROUNDS
    )
    return Row(
        "both ways, 2 x 64, B32 T40-64", "packed nn.LSTM", times["ours"], times["peer"], 1, 1
    )


def from_table(width: int, size: int) -> Row:
    """Read symbols from a table, and their vectors by torch's kernel, whatever the size says."""
    step = ours(characters(size, 64), "lstm", width)

    def run(reads_table: bool) -> None:
        with mock.patch.object(fused_layers, "prefers_table", lambda *_: reads_table):
            step()

    times = medians({"ours": lambda: run(True), "peer": lambda: run(False)}, N_ROUNDS)
    is_taken = width**2 * size >= LEAST_PRODUCT
    return Row(
        f"10 steps, lstm {width}, B{size} T64, from a table",
        "torch's kernel",
        times["ours"],
        times["peer"],
        1.0 if is_taken else 0.0,
        1,
        "" if is_taken else "left to the kernel",
    )


def main() -> None:
    """Print the table and write it to `results/`."""
    torch.set_num_threads(1)
    rows = []
    for kind, width, size, time, wanted in STEPS:
        batch = characters(size, time)
        times = medians(
            {"ours": ours(batch, kind, width), "peer": bare(size, time, kind, width)}, N_ROUNDS
        )
        work = f"10 steps, {kind} {width}, B{size} T{time}"
        rows.append(Row(work, f"bare nn.{kind.upper()}", times["ours"], times["peer"], wanted, 1))
    batch = characters(32, 64)
    for name, settings, wanted in OPTIONS:
        n_layers = settings.get("n_layers", 1)
        plain = ours(batch, "lstm", 128, n_layers=n_layers)
        times = medians({"ours": ours(batch, "lstm", 128, **settings), "peer": plain}, N_ROUNDS)
        rows.append(Row(f"lstm 128, {name}", "without", times["ours"], times["peer"], wanted, 1))
    rows.append(both_ways())
    rows += [from_table(width, size) for width, size in TABLES]
    print(write("recurrent", "Recurrent networks", rows))


if __name__ == "__main__":
    main()
