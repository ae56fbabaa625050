"""Training steps beside bare loops in plain torch: what the Trainer, the journal and a bar cost.

    python benchmarks/training.py

Both do the same work on batches of one size: the same network, optimiser, clipping and precision.
Ours is the fit that `seqarena repro` runs: under Lightning, with a journal on disk and a progress
bar. The time of a step is taken between the first and the last call of the network in a round;
rounds alternate. Prints three tables and writes them to `results/training.md`.
"""

import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from side_by_side import RESULTS, Row, machine, medians, table
from torch import nn
from torch.nn import functional

from seqarena.batch import Sequences, collate, sequences_of
from seqarena.data.batching import padding_ratio, plan_epoch, plan_evaluation
from seqarena.families.catalogue import build_family
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.transformer import TransformerConfig
from seqarena.fitting.protocols import (
    FitSetting,
    HardwareConfig,
    OptimiserConfig,
    TrainingConfig,
)
from seqarena.schema import DataSchema
from seqarena.tracking.journal import Journal, RunIdentity

N_SYMBOLS = 65
OPTIMISER = OptimiserConfig(schedule="constant", warmup_steps=0)


@dataclass(frozen=True)
class Work:
    """A network and the batches that it is trained on."""

    name: str
    config: RecurrentConfig | TransformerConfig
    batch_size: int
    time: int
    n_steps: int
    """Steps in a round."""
    wanted: float
    n_rounds: int = 5

    def data(self) -> Sequences:
        """Return random text, as many windows as a round needs."""
        generator = np.random.default_rng(0)
        size = (self.n_steps * self.batch_size, self.time)
        return sequences_of(list(generator.integers(0, N_SYMBOLS, size)))


def recurrent(dim: int, kind: str = "lstm") -> RecurrentConfig:
    """Return the settings of a recurrent network of one layer."""
    settings = {"kind": kind, "model_dim": dim, "optimiser": OPTIMISER.model_dump()}
    return RecurrentConfig.model_validate(settings)


def transformer(n_layers: int, dim: int, n_heads: int) -> TransformerConfig:
    """Return the settings of a Transformer."""
    return TransformerConfig(
        kind="transformer", model_dim=dim, n_layers=n_layers, n_heads=n_heads, optimiser=OPTIMISER
    )


WORKS = [
    Work("LSTM, 128 wide, 32 x 64 symbols", recurrent(128), 32, 64, 40, 1.0, 15),
    Work("LSTM, 256 wide, 64 x 128 symbols", recurrent(256), 64, 128, 6, 1.2, 9),
    Work("Transformer, 4 x 128, 12 x 64 symbols", transformer(4, 128, 4), 12, 64, 30, 0.97, 15),
    Work("Transformer, 6 x 384, 8 x 256 symbols", transformer(6, 384, 6), 8, 256, 4, 0.97),
]
N_LONGER = 4
"""Rounds of a process of its own take so many times the steps: starting it takes ten seconds."""
TINY = Work("Elman RNN, 32 wide, 16 x 32 symbols", recurrent(32, "elman_rnn"), 16, 32, 300, 0.0)


class PlainRecurrent(nn.Module):
    """Embedding, a fused recurrent layer, and a linear layer: a page of any tutorial."""

    def __init__(self, kind: str, dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(N_SYMBOLS, dim)
        layer = {"lstm": nn.LSTM, "elman_rnn": nn.RNN}[kind]
        self.layer = layer(dim, dim, batch_first=True)
        self.output = nn.Linear(dim, N_SYMBOLS)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return the logits of the next symbol after each."""
        return self.output(self.layer(self.embedding(tokens))[0])


class PlainBlock(nn.Module):
    """A pre-norm block over the fused kernel, with one product for query, key and value."""

    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norms = nn.ModuleList([nn.LayerNorm(dim), nn.LayerNorm(dim)])
        self.read = nn.Linear(dim, 3 * dim, bias=False)
        self.write = nn.Linear(dim, dim, bias=False)
        self.wide, self.narrow = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

    def forward(self, steps: torch.Tensor) -> torch.Tensor:
        """Return the transformed steps."""
        size, time_, dim = steps.shape
        parts = self.read(self.norms[0](steps)).split(dim, dim=2)
        heads = [part.view(size, time_, self.n_heads, -1).transpose(1, 2) for part in parts]
        context = functional.scaled_dot_product_attention(*heads, is_causal=True)
        steps = steps + self.write(context.transpose(1, 2).reshape(size, time_, dim))
        return steps + self.narrow(functional.gelu(self.wide(self.norms[1](steps))))


class PlainTransformer(nn.Module):
    """A decoder in the manner of nanoGPT."""

    def __init__(self, n_layers: int, dim: int, n_heads: int, time_: int) -> None:
        super().__init__()
        self.embedding, self.places = nn.Embedding(N_SYMBOLS, dim), nn.Embedding(time_, dim)
        self.blocks = nn.Sequential(*[PlainBlock(dim, n_heads) for _ in range(n_layers)])
        self.norm, self.output = nn.LayerNorm(dim), nn.Linear(dim, N_SYMBOLS)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return the logits of the next symbol after each."""
        steps = self.embedding(tokens) + self.places.weight[: tokens.shape[1]]
        return self.output(self.norm(self.blocks(steps)))


def plain(work: Work) -> nn.Module:
    """Return the peer's network."""
    config = work.config
    if isinstance(config, RecurrentConfig):
        return PlainRecurrent(config.kind, config.model_dim)
    return PlainTransformer(config.n_layers, config.model_dim, config.n_heads, work.time)


def bare_loop(work: Work, rank: int = 0, n_processes: int = 1) -> float:
    """Return the seconds of a step of a loop that does nothing else.

    It reads as many symbols as it predicts, one further, where ours predicts the first one too.
    """
    model = plain(work)
    if n_processes > 1:
        model = nn.parallel.DistributedDataParallel(model)
    adam = torch.optim.AdamW(model.parameters(), lr=3e-3, fused=True)
    size = (work.n_steps * work.batch_size, work.time + 1)
    tokens = torch.randint(N_SYMBOLS, size, generator=torch.Generator().manual_seed(0))
    began = []
    for whole_batch in tokens.split(work.batch_size):
        began.append(time.perf_counter())
        batch = whole_batch[rank::n_processes]
        logits = model(batch[:, :-1])
        loss = functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        loss.item()
    return (began[-1] - began[0]) / (len(began) - 1)


@contextlib.contextmanager
def told() -> Iterator[tuple[Path, Journal]]:
    """Yield a scratch folder, and a journal on disk that has begun."""
    with tempfile.TemporaryDirectory() as folder:
        name = f"journal-{os.environ.get('LOCAL_RANK', '0')}.jsonl"
        with Journal(Path(folder) / name) as journal:
            journal.begin(RunIdentity(key="b", name="b", experiment="b", tags={}, part="fit"))
            yield Path(folder) / "scratch", journal


def our_fit(work: Work, precision: str = "32-true", devices: int = 1) -> float:
    """Return the seconds of a step of a fit as it is run for a table."""
    schema = DataSchema("density", n_symbols=N_SYMBOLS, max_length=work.time)
    family = build_family(work.config, schema, 0)
    began: list[float] = []
    original = family.objective

    def timed(batch):
        if family.training:
            began.append(time.perf_counter())
        return original(batch)

    family.objective = timed
    hardware = HardwareConfig(accelerator="cpu", precision=precision, devices=devices)
    training = TrainingConfig(batch_size=work.batch_size, max_epochs=1)
    data = work.data()
    # The bar is drawn into memory: it is its cost that counts.
    with told() as (folder, journal), contextlib.redirect_stderr(io.StringIO()):
        setting = FitSetting(0, training, hardware, folder, journal, show_progress=True)
        family.fit(data, data.select(np.arange(1)), setting)
    return (began[-1] - began[0]) / (len(began) - 1)


def alternate(contestants: dict[str, Callable[[], float]], n_rounds: int = 5) -> dict[str, float]:
    """Return each one's median, taken in turns."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(n_rounds):
        for name, run in contestants.items():
            taken[name].append(run())
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def step_rows() -> list[Row]:
    """Time the steps of every network, and the switch to 16 bits."""
    rows = []
    for work in WORKS:
        took = alternate(
            {"bare": lambda w=work: bare_loop(w), "ours": lambda w=work: our_fit(w)}, work.n_rounds
        )
        rows.append(Row(work.name, "bare loop", took["ours"], took["bare"], work.wanted, 1))
    widest = WORKS[-1]
    took = alternate(
        {"32": lambda: our_fit(widest), "16": lambda: our_fit(widest, "bf16-mixed")}, 3
    )
    rows.append(
        Row(f"{widest.name}, bf16-mixed", "ours in 32 bits", took["16"], took["32"], 1.6, 1)
    )
    return rows


def overhead() -> str:
    """Tell what a step of a fit costs over a bare one, where the bare one takes 2 ms."""
    took = alternate({"bare": lambda: bare_loop(TINY), "ours": lambda: our_fit(TINY)}, 9)
    bare, ours = 1e3 * took["bare"], 1e3 * took["ours"]
    return (
        f"A step of {TINY.name}: bare {bare:.2f} ms, ours {ours:.2f} ms, "
        f"{ours - bare:+.2f} ms (wanted at most +0.45).\n"
    )


def starts() -> str:
    """Tell how long a fit takes that has one step to do: in this process, and in a fresh one."""
    one = Work("", recurrent(32), 16, 32, 1, 0.0)
    schema = DataSchema("density", n_symbols=N_SYMBOLS, max_length=one.time)
    data = one.data()

    def fit() -> None:
        family = build_family(one.config, schema, 0)
        training = TrainingConfig(batch_size=one.batch_size, max_epochs=1)
        hardware = HardwareConfig(accelerator="cpu")
        with told() as (folder, journal):
            family.fit(data, data, FitSetting(0, training, hardware, folder, journal))

    def fresh() -> None:
        command = [sys.executable, __file__, "start"]
        subprocess.run(command, check=True, capture_output=True)

    took = medians({"here": fit})["here"], medians({"fresh": fresh}, 3)["fresh"]
    return (
        f"A fit of one step: {took[0]:.2f} s where everything is imported (wanted at most 0.25), "
        f"{took[1]:.2f} s in a fresh process.\n"
    )


def padding() -> str:
    """Tell how much is padded, and what making a batch costs."""
    generator = np.random.default_rng(0)
    n = 20_000
    lengths = {
        "uniform, 1 to 400": generator.integers(1, 401, n),
        "lognormal, deviation 0.6": np.ceil(generator.lognormal(4, 0.6, n)).astype(int),
        "lognormal, deviation 1": np.ceil(generator.lognormal(4, 1.0, n)).astype(int),
    }
    lines = ["| lengths | random batches | training | evaluation |", "| :-- | --: | --: | --: |"]
    for name, steps in lengths.items():
        rows = generator.permutation(n)
        plans = [
            np.split(rows, np.arange(32, n, 32)),
            plan_epoch(steps, 32, 0, 0),
            plan_evaluation(steps, 32),
        ]
        ratios = " | ".join(f"{padding_ratio(steps, plan):.3f}" for plan in plans)
        lines.append(f"| {name} | {ratios} |")
    steps = lengths["lognormal, deviation 0.6"]
    data = Sequences(
        offsets=np.concatenate([[0], np.cumsum(steps)]),
        tokens=np.zeros(steps.sum(), dtype=np.int64),
    )
    plan = plan_epoch(steps, 32, 0, 0)
    took = medians({"batch": lambda: [collate(data, rows) for rows in plan[:50]]})["batch"] / 50
    note = f"A batch of 32 is made in {1e3 * took:.3f} ms (wanted at most 0.15).\n"
    return "Padded over real steps, batches of 32 (wanted 1.10 and 1.02):\n\n" + "\n".join(
        [*lines, "", note]
    )


def process_rows() -> list[Row]:
    """Time one process against two that share every batch, each with one thread.

    And two of ours against two of a bare loop under torch's own `DistributedDataParallel`: what the
    machine and torch leave to be gained.
    """
    rows = []
    for index, wanted in ((0, 1.4), (2, 1.6)):
        name = WORKS[index].name
        took = alternate(
            {
                "1": lambda i=index: _in_processes("ours", i, 1),
                "2": lambda i=index: _in_processes("ours", i, 2),
                "bare 1": lambda i=index: _in_processes("bare", i, 1),
                "bare 2": lambda i=index: _in_processes("bare", i, 2),
            },
            n_rounds=3,
        )
        gained = took["bare 1"] / took["bare 2"]
        note = f"2 bare loops: {gained:.2f} of 1"
        rows += [
            Row(f"{name}, 2 processes", "1 process", took["2"], took["1"], wanted, 1, note),
            Row(f"{name}, 2 processes", "2 bare loops", took["2"], took["bare 2"], 0.97, 1),
        ]
    return rows


def longer(index: int) -> Work:
    """Return the work of a process of its own."""
    work = WORKS[index]
    return replace(work, n_steps=N_LONGER * work.n_steps)


def _in_processes(whose: str, index: int, n_processes: int) -> float:
    command = [sys.executable, __file__, whose, str(index), str(n_processes)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout.strip().splitlines()[-1]))


def bare_processes(rank: int, index: int, n_processes: int, folder: str) -> None:
    """Run the bare loop as one of several processes, and let the first print its step."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", f"file://{folder}/meeting", rank=rank, world_size=n_processes
    )
    seconds = bare_loop(longer(index), rank, n_processes)
    if rank == 0:
        print(json.dumps(seconds), flush=True)
    torch.distributed.destroy_process_group()


def main() -> None:
    """Print all tables, and write them."""
    parts = [
        table(step_rows() + process_rows()),
        overhead(),
        starts(),
        padding(),
    ]
    facts = ", ".join(f"{key} {value}" for key, value in machine().items())
    text = f"# Training\n\n{facts}\n\n" + "\n".join(parts)
    (RESULTS / "training.md").write_text(text)
    print(text)


if __name__ == "__main__":
    torch.set_num_threads(1)
    match sys.argv[1:]:
        case ["start"]:
            our_fit(Work("", recurrent(32), 16, 32, 2, 0.0))
        case "bare", index, n:
            with tempfile.TemporaryDirectory() as folder:
                torch.multiprocessing.spawn(
                    bare_processes, (int(index), int(n), folder), nprocs=int(n)
                )
        case "ours", index, n:
            seconds = our_fit(longer(int(index)), devices=int(n))
            if int(os.environ.get("LOCAL_RANK", "0")) == 0:
                print(json.dumps(seconds))
        case _:
            main()
