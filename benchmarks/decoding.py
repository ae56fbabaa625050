"""Beam search beside its twin without memory, and beside greedy decoding: same outputs, less work.

    python benchmarks/decoding.py [--quick]

A batch of 64 inputs of 25 words is translated into outputs of up to 40 words out of 4,000, by a
beam of 5, float32, on one thread. The peer runs the same search and encodes the inputs once, as we
do, but at every step its decoder reads what was written from the beginning. Both must write the
same: an output that differs ends the run. The networks are drawn, not trained, and their logits
made sharper, as training would; no output ends before the last step, which is the dearest case.
"""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from side_by_side import Row, medians, write
from torch import Tensor

from seqarena.batch import Batch, collate_all, sequences_of
from seqarena.families.neural import RecurrentConfig, TransformerConfig, build_neural
from seqarena.networks.beam_search import beam_search
from seqarena.networks.decoding import DecodingConfig
from seqarena.networks.generation import Stepper
from seqarena.networks.hypotheses import Hypotheses
from seqarena.networks.recurrent_transducer import RecurrentTransducer, Source
from seqarena.networks.transducer import Transducer
from seqarena.networks.transformer_transducer import TransformerTransducer
from seqarena.schema import DataSchema

QUICK = "--quick" in sys.argv
N_ROUNDS = 1 if QUICK else 3
BATCH, INPUT_TIME, N_SYMBOLS, END = 64, 25, 4_000, 0
OUTPUT_TIMES = (10,) if QUICK else (20, 40)
DECODING = DecodingConfig(beam=5, n_best=5)
SHARPNESS = 6.0
WANTED = 5.0


@dataclass(frozen=True)
class Written:
    """What the twin remembers: the encoded input of each row, and the symbols that it has read."""

    source: Any
    read: Tensor


class WithoutMemory(Stepper[Written]):
    """A transducer whose decoder reads everything again at every step."""

    def __init__(self, model: Transducer) -> None:
        self.model = model

    def begin(self, batch: Batch) -> Written:
        """Return the inputs, encoded, and nothing read."""
        nothing = torch.zeros(len(batch), 0, dtype=torch.int64)
        match self.model:
            case RecurrentTransducer() as model:
                state, source = model._encode(batch)
                return Written((*state, source.states, source.mask), nothing)
            case TransformerTransducer() as model:
                encoded = model.encoder(model.inputs(batch), batch.mask)
                return Written((encoded, batch.mask), nothing)
        raise TypeError(type(self.model))

    def advance(self, previous: Tensor, memory: Written) -> tuple[Tensor, Written]:
        """Return the logits of the next symbol from all that was read, and what was read."""
        read = torch.cat([memory.read, previous[:, None]], dim=1)
        return self.logits(read, memory.source), Written(memory.source, read)

    def logits(self, read: Tensor, source: Any) -> Tensor:
        """Return the logits after the last symbol that was read."""
        match self.model:
            case RecurrentTransducer() as model:
                *state, states, mask = source
                steps, _ = model.decoder.run(model.embedding(read), tuple(state))
                return model._logits(steps[:, -1:], Source(states, mask))[:, 0]
            case TransformerTransducer() as model:
                encoded, mask = source
                steps = model.embedding(read) + model.positions(0, read.shape[1])
                real = torch.ones_like(read, dtype=torch.bool)
                for block in model.blocks:
                    steps = block(steps, real, encoded, mask)
                return model.output(model.norm(steps[:, -1]))
        raise TypeError(type(self.model))

    def select(self, memory: Written, rows: Tensor) -> Written:
        """Return what some rows read, and the encoded input that each of them looks at."""
        chosen = rows.flatten()
        is_recurrent = isinstance(self.model, RecurrentTransducer)
        n_states = len(memory.source) - 2 if is_recurrent else 0
        source = (
            *(part[:, chosen] for part in memory.source[:n_states]),
            *(part[chosen] for part in memory.source[n_states:]),
        )
        return Written(source, memory.read[chosen])


def translators() -> dict[str, Transducer]:
    """Draw the networks."""
    schema = DataSchema(
        "transduction",
        n_symbols=N_SYMBOLS,
        n_target_symbols=N_SYMBOLS,
        target_end=END,
        max_length=INPUT_TIME,
        max_target_length=max(OUTPUT_TIMES),
    )
    configs = {
        "Transformer 4 × 128": TransformerConfig(kind="transformer", preset="tiny"),
        "GRU 256, softmax": RecurrentConfig(kind="gru", model_dim=256, attention="softmax"),
        "LSTM 2 × 256, additive": RecurrentConfig(
            kind="lstm", model_dim=256, n_layers=2, attention="weighted_sum_additive"
        ),
    }
    return {name: drawn(config, schema) for name, config in configs.items()}


def drawn(config: RecurrentConfig | TransformerConfig, schema: DataSchema) -> Transducer:
    """Return a network with preferences, which never ends by itself."""
    network: Any = build_neural(config, schema, torch.Generator().manual_seed(0)).network
    with torch.no_grad():
        network.output.weight.mul_(SHARPNESS)
        network.output.bias[END] = -1e4
    return network.eval()


def inputs() -> Batch:
    """Draw inputs of unequal lengths."""
    draws = np.random.default_rng(0)
    lengths = draws.integers(INPUT_TIME // 2, INPUT_TIME + 1, size=BATCH)
    return collate_all(sequences_of([draws.integers(1, N_SYMBOLS, size=n) for n in lengths]))


def require_same(ours: Hypotheses, theirs: Hypotheses) -> None:
    """Stop the run unless both found the same outputs with the same scores."""
    if not torch.equal(ours.tokens, theirs.tokens):
        n_other = int((ours.tokens != theirs.tokens).any(dim=2).sum())
        sys.exit(f"{n_other} of {ours.lengths.numel()} outputs differ from those of the twin.")
    torch.testing.assert_close(ours.scores, theirs.scores, rtol=1e-4, atol=1e-4)


def compared(name: str, model: Transducer, batch: Batch, time: int) -> list[Row]:
    """Time one network at one length, after a look at what is written."""
    twin, start = WithoutMemory(model), torch.full_like(batch.lengths, model.start_symbol)

    def ours() -> Hypotheses:
        return model.search(batch, time, DECODING)

    def without() -> Hypotheses:
        return beam_search(twin, twin.begin(batch), start, END, time, DECODING)

    require_same(ours(), without())
    contestants = {"ours": ours, "without": without, "greedy": lambda: model.generate(batch, time)}
    taken = medians(contestants, N_ROUNDS)
    work = f"{name}: beam {DECODING.beam}, batch {BATCH}, {time} words"
    threads = torch.get_num_threads()
    return [
        Row(work, "no memory", taken["ours"], taken["without"], WANTED, threads, "same outputs"),
        Row(work, "ours, greedy", taken["ours"], taken["greedy"], 1 / DECODING.beam, threads),
    ]


def main() -> None:
    """Time everything, print the table and write it to results/."""
    torch.set_num_threads(1)
    batch = inputs()
    with torch.inference_mode():
        rows = [
            row
            for name, model in translators().items()
            for time in OUTPUT_TIMES
            for row in compared(name, model, batch, time)
        ]
    print(write("decoding", "Decoding", rows))


if __name__ == "__main__":
    main()
