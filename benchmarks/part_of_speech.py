"""A bigram hidden Markov tagger on UD English EWT, beside the most frequent tag of each word.

    SEQARENA_MIRROR=../shared/data python benchmarks/part_of_speech.py

Words that training shows once, or never, are replaced by a signature: what their letters look
like, and their last three. The pseudo-count is chosen on the development split. Prints the
accuracies and writes them to `results/`; without the mirror nothing is done, and this is said.
"""

import os
from collections import Counter
from pathlib import Path

import numpy as np
from side_by_side import RESULTS, machine

from seqarena.batch import collate, sequences_of
from seqarena.data.lexicon import lexicon_of
from seqarena.data.sources.conllu import read_conllu
from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel
from seqarena.schema import DataSchema

Sentence = list[tuple[str, str]]


def read(path: Path) -> list[Sentence]:
    """Return the (form, universal tag) pairs of each sentence of a CoNLL-U file."""
    return [[(word.form, word.tag) for word in each.words] for each in read_conllu(path)]


class Numbers:
    """What stands for each word, and for each tag."""

    def __init__(self, train: list[Sentence]) -> None:
        words = [[word for word, _ in sentence] for sentence in train]
        self.lexicon = lexicon_of(words, min_count=2, unknown="shape")
        self.tags = sorted({tag for sentence in train for _, tag in sentence})

    def symbols(self, sentence: Sentence) -> np.ndarray:
        """Return the symbol of each word."""
        return self.lexicon.encode([word for word, _ in sentence])

    def states(self, sentence: Sentence) -> np.ndarray:
        """Return the number of each tag."""
        return np.array([self.tags.index(tag) for _, tag in sentence], dtype=np.int64)


def tagger(numbers: Numbers, train: list[Sentence], pseudo_count: float) -> HiddenMarkovModel:
    """Count the training split."""
    config = HiddenMarkovConfig(
        kind="hidden_markov", n_states=len(numbers.tags), pseudo_count=pseudo_count
    )
    model = HiddenMarkovModel(
        config, DataSchema("density", n_symbols=len(numbers.lexicon.alphabet))
    )
    words = sequences_of([numbers.symbols(sentence) for sentence in train])
    model.fit_supervised(words, np.concatenate([numbers.states(each) for each in train]))
    return model


def accuracies(
    model: HiddenMarkovModel, numbers: Numbers, sentences: list[Sentence]
) -> tuple[float, float]:
    """Return the share of right tags of the Viterbi path, and of the posteriors."""
    words = sequences_of([numbers.symbols(sentence) for sentence in sentences])
    states = np.concatenate([numbers.states(sentence) for sentence in sentences])
    right = np.zeros(2)
    for rows in np.array_split(np.arange(len(words)), 20):
        batch = collate(words, rows)
        gold = states[words.offsets[rows[0]] : words.offsets[rows[-1] + 1]]
        for at, path in enumerate((model.decode(batch), model.decode_posterior(batch))):
            right[at] += (path[batch.mask].numpy() == gold).sum()
    viterbi, posterior = right / words.n_steps
    return float(viterbi), float(posterior)


def most_frequent(train: list[Sentence], sentences: list[Sentence]) -> float:
    """Return the accuracy of each word's most frequent tag; NOUN for unknown words."""
    counts: dict[str, Counter[str]] = {}
    for sentence in train:
        for word, tag in sentence:
            counts.setdefault(word, Counter())[tag] += 1
    pairs = [pair for sentence in sentences for pair in sentence]
    guesses = [counts[word].most_common(1)[0][0] if word in counts else "NOUN" for word, _ in pairs]
    return sum(guess == tag for guess, (_, tag) in zip(guesses, pairs, strict=True)) / len(pairs)


def main() -> None:
    """Print the accuracies and write them."""
    folder = Path(os.environ.get("SEQARENA_MIRROR", "")) / "pos_ud_english_ewt"
    if not folder.is_dir():
        print("tagging is left out: set SEQARENA_MIRROR to the folder of pos_ud_english_ewt.")
        return
    train, dev, test = (
        read(folder / f"en_ewt-ud-{split}.conllu") for split in ("train", "dev", "test")
    )
    numbers = Numbers(train)
    by_count = {
        count: accuracies(tagger(numbers, train, count), numbers, dev)[0]
        for count in (1e-4, 1e-3, 1e-2, 1e-1)
    }
    lines = [f"dev  pseudo_count {count:g}: Viterbi {by_count[count]:.4f}" for count in by_count]
    chosen = max(by_count, key=lambda count: by_count[count])
    viterbi, posterior = accuracies(tagger(numbers, train, chosen), numbers, test)
    lines += [
        f"test most frequent tag: {most_frequent(train, test):.4f}",
        f"test pseudo_count {chosen:g}: Viterbi {viterbi:.4f}, posterior {posterior:.4f}",
    ]
    facts = ", ".join(f"{key} {value}" for key, value in machine().items())
    title = "# A bigram tagger on UD English EWT: shares of right tags"
    text = "\n".join([title, "", facts, "", *(f"    {line}" for line in lines), ""])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "part_of_speech.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
