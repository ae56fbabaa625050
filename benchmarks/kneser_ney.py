"""Kneser–Ney against KenLM: fitting end to end, scoring, and the memory of counting.

    python benchmarks/kneser_ney.py [--lmplz PATH] [--rounds 3] [--tokens 2000000]
    python benchmarks/kneser_ney.py --memory

KenLM's `lmplz` and `build_binary` stand beside each other, where `--lmplz` or SEQARENA_LMPLZ says;
its Python module, which scores, is imported. What is not there is left out, and this is said.
Orders are KenLM's: order 5 has a context of 4 symbols.
"""

import argparse
import importlib.util
import os
import re
import resource
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import torch
from side_by_side import Row, medians, table, write

from seqarena.batch import Sequences, collate, sequences_of
from seqarena.families.markov_chain import MarkovChain, MarkovChainConfig, build_markov_chain
from seqarena.fitting.protocols import FitSetting, HardwareConfig, TrainingConfig

_STEPS = 2**18
_WANTED = {3: 2.0, 5: 3.0}
_FROM_IDS = "end to end from ids"
_FROM_TEXT = "end to end from text"
_KENLM = "lmplz + build_binary"
_TRAINER = "fit under the Trainer, train and valid loss included"


def zipf_text(n_tokens: int, n_words: int = 29_000, seed: int = 0) -> list[str]:
    """Return lines of independent words, word r with probability proportional to 1 / r."""
    draw = np.random.default_rng(seed)
    weights = 1 / np.arange(1, n_words + 1)
    words = draw.choice(n_words, n_tokens, p=weights / weights.sum())
    return [" ".join(map(str, words[at : at + 25])) for at in range(0, n_tokens, 25)]


def code_text(n_tokens: int) -> list[str]:
    """Return the lines of Python's own library as words and signs, spaces between them."""
    lines, n = [], 0
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if "site-packages" in path.parts:
            continue
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            words = re.findall(r"\w+|[^\w\s]", line)
            if words:
                lines.append(" ".join(words).replace("<", "\u2039"))  # "<s>" is KenLM's own word
                n += len(words)
        if n >= n_tokens:
            break
    return lines


def encoded(text: str, vocabulary: dict[str, int], end: int) -> Sequences:
    """Return the lines of a text as numbers, each closed by the end symbol; words are added."""
    rows = [
        np.array([vocabulary.setdefault(word, len(vocabulary)) for word in line.split()] + [end])
        for line in text.splitlines()
    ]
    return sequences_of(rows)


def chain(order: int, n_symbols: int) -> MarkovChain:
    """Return what is to be fitted; KenLM's order counts the predicted word too."""
    config = MarkovChainConfig(kind="markov_chain", order=order - 1, smoothing="kneser_ney")
    return build_markov_chain(config, n_symbols)


def in_batches(data: Sequences) -> list[np.ndarray]:
    """Return the rows of each batch, about as many steps as a fit takes at once."""
    size = max(1, _STEPS // int(data.lengths.max()))
    by_length = np.argsort(data.lengths, kind="stable")
    return [by_length[at : at + size] for at in range(0, len(data), size)]


def fit_plainly(data: Sequences, order: int, n_symbols: int) -> MarkovChain:
    """Count, estimate, and make the tables ready to score."""
    model = chain(order, n_symbols)
    model.maximise(reduce(add, (model.expect(collate(data, rows)) for rows in in_batches(data))))
    model.memory()
    return model


def fit_under_the_trainer(data: Sequences, order: int, n_symbols: int, folder: Path) -> None:
    """Fit as an experiment does."""
    model = chain(order, n_symbols)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        setting = FitSetting(
            seed=0,
            training=TrainingConfig(),
            hardware=HardwareConfig(accelerator="cpu", devices=1),
            scratch=Path(scratch),
            recorder=_Deaf(),
        )
        model.fit(data, data.select(np.arange(100)), setting)


class _Deaf:
    def metric(self, name: str, value: float, step: int) -> None:
        """Take no note."""


def fit_kenlm(lmplz: Path, text: Path, order: int) -> Path:
    """Run lmplz and build_binary; return the binary model."""
    arpa, binary = text.with_suffix(".arpa"), text.with_suffix(f".{order}.binary")
    command = [lmplz, "-o", order, "--discount_fallback", "-S", "4G", "-T", text.parent]
    command += ["--text", text, "--arpa", arpa]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    builder = [str(lmplz.with_name("build_binary")), str(arpa), str(binary)]
    subprocess.run(builder, check=True, capture_output=True)
    return binary


@dataclass(frozen=True)
class Scene:
    """A text, in words for KenLM and in numbers for us."""

    name: str
    folder: Path
    train: Sequences
    test: Sequences
    test_lines: list[str]
    vocabulary: dict[str, int]
    lmplz: Path
    n_rounds: int

    @property
    def text(self) -> Path:
        """The training lines, which lmplz reads."""
        return self.folder / "train.txt"

    @property
    def n_symbols(self) -> int:
        """Words, and the end."""
        return len(self.vocabulary) + 1


def scene_of(name: str, lines: list[str], folder: Path, lmplz: Path, n_rounds: int) -> Scene:
    """Hold out the first tenth of the lines; every word of both is in the alphabet."""
    held_out = len(lines) // 10
    (folder / "train.txt").write_text("\n".join(lines[held_out:]) + "\n")
    vocabulary: dict[str, int] = {}
    encoded("\n".join(lines), vocabulary, end=0)
    data = encoded("\n".join(lines), vocabulary, end=len(vocabulary))
    test = data.select(np.arange(held_out))
    train = data.select(np.arange(held_out, len(lines)))
    return Scene(name, folder, train, test, lines[:held_out], vocabulary, lmplz, n_rounds)


def rows_of(scene: Scene, order: int) -> list[Row]:
    """Return the table's rows for one text and order."""
    train, n = scene.train, scene.n_symbols
    end = n - 1
    contestants = {
        _FROM_IDS: lambda: fit_plainly(train, order, n),
        _FROM_TEXT: lambda: fit_plainly(
            encoded(scene.text.read_text(), dict(scene.vocabulary), end), order, n
        ),
        _TRAINER: lambda: fit_under_the_trainer(train, order, n, scene.folder),
        _KENLM: lambda: fit_kenlm(scene.lmplz, scene.text, order),
    }
    processor: dict[str, float] = {}
    metered = {way: _metered(way, run, processor) for way, run in contestants.items()}
    taken = medians(metered, scene.n_rounds)
    work = f"{scene.name}, {train.n_steps / 1e6:.1f} M tokens, V {n:,}, order {order}"
    least = {_FROM_IDS: _WANTED[order], _FROM_TEXT: 1.0, _TRAINER: 1.0}
    rows = [
        Row(
            f"{work}, {way}",
            _KENLM,
            taken[way],
            taken[_KENLM],
            wanted,
            1,
            f"processor seconds {processor[_KENLM]:.1f} / {processor[way]:.1f}",
        )
        for way, wanted in least.items()
    ]
    return rows + _scoring(scene, work, order)


def _metered(way: str, run: Callable[[], object], seconds: dict[str, float]) -> Callable[[], None]:
    """Also take note of the least processor time of a run, its child processes included.

    KenLM sorts on several threads, which wall time on a busy machine does not tell.
    """

    def metered() -> None:
        before = _processor_seconds()
        run()
        spent = _processor_seconds() - before
        seconds[way] = min(spent, seconds.get(way, spent))

    return metered


def _processor_seconds() -> float:
    # os.times would tell the same in steps of 10 ms, as long as a fifth of the shortest run.
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _scoring(scene: Scene, work: str, order: int) -> list[Row]:
    if importlib.util.find_spec("kenlm") is None:
        print("KenLM's Python module is not installed: scoring is not compared.")
        return []
    import kenlm

    model = fit_plainly(scene.train, order, scene.n_symbols)
    # The file that the last round of fitting left.
    peer = kenlm.Model(str(scene.text.with_suffix(f".{order}.binary")))
    test = scene.test
    batches = [collate(test, rows) for rows in in_batches(test)]
    processor: dict[str, float] = {}
    contestants = {
        "ours": lambda: [model.log_prob(batch) for batch in batches],
        "theirs": lambda: [peer.score(line) for line in scene.test_lines],
    }
    taken = medians({way: _metered(way, run, processor) for way, run in contestants.items()}, 5)
    rates = [test.n_steps / 1e6 / processor[name] for name in ("theirs", "ours")]
    note = "M tokens per processor second {:.1f} / {:.1f} (wanted 4)".format(*rates)
    label = f"{work}, scoring {test.n_steps / 1e6:.1f} M held-out tokens"
    return [Row(label, "kenlm module", taken["ours"], taken["theirs"], 0.5, 1, note)]


def memory(n_tokens: int = 10_000_000, order: int = 5, n_words: int = 29_000) -> None:
    """Count in one pass, as a fit does, and print the largest resident set of the process."""
    draw = np.random.default_rng(0)
    weights = 1 / np.arange(1, n_words + 1)
    tokens = draw.choice(n_words, n_tokens, p=weights / weights.sum())
    data = Sequences(np.arange(0, n_tokens + 1, 25), tokens)
    _say(f"{n_tokens:,} tokens drawn, {n_words:,} words", 0.0)
    began = time.perf_counter()
    model = chain(order, n_words)
    model.maximise(reduce(add, (model.expect(collate(data, rows)) for rows in in_batches(data))))
    _say(f"order {order}: {model.counts.numel():,} different n-grams counted", began)
    report = model.memory()
    _say(f"tables of {report.n_ngrams} n-grams, {sum(report.table_bytes) / 2**20:.0f} MiB", began)
    print(f"stored: {report.stored_bytes / 2**20:.0f} MiB")


def _say(what: str, began: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    passed = f", {time.perf_counter() - began:.1f} s" if began else ""
    print(f"{what}{passed}: peak {peak:.2f} GiB")


def main() -> None:
    """Print the table and write it to `results/`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--lmplz", type=Path, default=Path(os.environ.get("SEQARENA_LMPLZ", "lmplz"))
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=2_000_000)
    parser.add_argument("--memory", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.memory:
        memory()
        return
    if not arguments.lmplz.is_file():
        print(f"{arguments.lmplz}: no such binary; KenLM is left out, so there is no table.")
        return
    n_tokens = arguments.tokens * 10 // 9
    rows = []
    for name, lines in {"zipf": zipf_text(n_tokens), "code": code_text(n_tokens)}.items():
        with tempfile.TemporaryDirectory() as folder:
            scene = scene_of(name, lines, Path(folder), arguments.lmplz, arguments.rounds)
            for order in _WANTED:
                rows += rows_of(scene, order)
                print(table(rows[-4:]), flush=True)
    print(write("kneser_ney", "Kneser–Ney against KenLM", rows))


if __name__ == "__main__":
    main()
