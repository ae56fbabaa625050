"""What it costs the test of tiny Shakespeare to take validation from the training text, by place.

    SEQARENA_MIRROR=FOLDER python benchmarks/shakespeare_split.py

Counts n-grams of 7 characters (interpolated modified Kneser-Ney) in the first nine tenths, without
a twentieth of the text at their beginning, in their middle, or at their end, and prints the nats
per character of the last tenth.
"""

import tempfile
from pathlib import Path

from seqarena.batch import collate_all, sequences_of
from seqarena.data.alphabet import Alphabet, alphabet_of
from seqarena.data.sources.tiny_shakespeare import TinyShakespeareConfig, read_tiny_shakespeare
from seqarena.data.splits import Split
from seqarena.families.markov_chain import build_markov_chain
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.fitting.protocols import FitSetting, HardwareConfig, TrainingConfig

_CONFIG = MarkovChainConfig(kind="markov_chain", order=6, smoothing="kneser_ney")


class _Deaf:
    def metric(self, name: str, value: float, step: int) -> None:
        """Forget it."""


def nats(train: list[str], test: str, alphabet: Alphabet) -> float:
    """Return the nats per character of `test` given counts of `train`."""
    chain = build_markov_chain(_CONFIG, len(alphabet))
    held_out = sequences_of([alphabet.encode(test)])
    with tempfile.TemporaryDirectory() as scratch:
        hardware = HardwareConfig(accelerator="cpu", devices=1)
        setting = FitSetting(0, TrainingConfig(), hardware, Path(scratch), _Deaf())
        chain.fit(sequences_of([alphabet.encode(part) for part in train]), held_out, setting)
    return -float(chain.log_prob(collate_all(held_out))) / held_out.n_steps


def main() -> None:
    """Print a row for each place."""
    config = TinyShakespeareConfig(kind="tiny_shakespeare", context="stream", valid_in_train=True)
    source = read_tiny_shakespeare(config)
    symbols = source.symbols or ()
    train, test = (
        "".join(symbols[token] for token in source.parts[split].sequences.sequence(0))
        for split in (Split.TRAIN, Split.TEST)
    )
    share, middle = (len(train) + len(test)) // 20, len(train) // 2
    places = {
        "nothing left out": [train],
        "the first twentieth left out": [train[share:]],
        "one in the middle left out": [train[:middle], train[middle + share :]],
        "the last one left out": [train[:-share]],
    }
    alphabet = alphabet_of([train])
    for place, parts in places.items():
        print(f"{nats(parts, test, alphabet):.4f}  {place}")


if __name__ == "__main__":
    main()
