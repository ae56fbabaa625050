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
from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel
from seqarena.schema import DataSchema

Sentence = list[tuple[str, str]]
_LEAST_COUNT = 2


def read(path: Path) -> list[Sentence]:
    """Return the (form, universal tag) pairs of each sentence of a CoNLL-U file."""
    sentences: list[Sentence] = [[]]
    for line in path.read_text(encoding="utf-8").splitlines():
        columns = line.split("\t")
        if not line:
            sentences.append([])
        elif columns[0].isdigit():
            sentences[-1].append((columns[1], columns[3]))
    return [sentence for sentence in sentences if sentence]


def signature(word: str) -> str:
    """Return what an unknown word looks like: case, digits, hyphen, and its last three letters."""
    case = "A" if word.isupper() else "Aa" if word[:1].isupper() else "a"
    digit = "0" if any(letter.isdigit() for letter in word) else ""
    hyphen = "-" if "-" in word else ""
    return f"<{case}{digit}{hyphen}{'' if digit else word[-3:].lower()}>"


class Lexicon:
    """Words that are frequent enough, signatures of the others, and a last resort."""

    def __init__(self, sentences: list[Sentence]) -> None:
        counts = Counter(word for sentence in sentences for word, _ in sentence)
        self.known = {word for word, count in counts.items() if count >= _LEAST_COUNT}
        rare = {signature(word) for word in counts if word not in self.known}
        self.index = {name: at for at, name in enumerate(["<?>", *sorted(self.known | rare)])}
        self.tags = sorted({tag for sentence in sentences for _, tag in sentence})

    def symbols(self, sentence: Sentence) -> np.ndarray:
        """Return the symbol of each word."""
        names = [word if word in self.known else signature(word) for word, _ in sentence]
        return np.array([self.index.get(name, 0) for name in names], dtype=np.int64)

    def states(self, sentence: Sentence) -> np.ndarray:
        """Return the number of each tag."""
        return np.array([self.tags.index(tag) for _, tag in sentence], dtype=np.int64)


def tagger(lexicon: Lexicon, train: list[Sentence], pseudo_count: float) -> HiddenMarkovModel:
    """Count the training split."""
    config = HiddenMarkovConfig(
        kind="hidden_markov", n_states=len(lexicon.tags), pseudo_count=pseudo_count
    )
    model = HiddenMarkovModel(config, DataSchema("density", n_symbols=len(lexicon.index)))
    words = sequences_of([lexicon.symbols(sentence) for sentence in train])
    model.fit_supervised(words, np.concatenate([lexicon.states(each) for each in train]))
    return model


def accuracies(
    model: HiddenMarkovModel, lexicon: Lexicon, sentences: list[Sentence]
) -> tuple[float, float]:
    """Return the share of right tags of the Viterbi path, and of the posteriors."""
    words = sequences_of([lexicon.symbols(sentence) for sentence in sentences])
    states = np.concatenate([lexicon.states(sentence) for sentence in sentences])
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
    lexicon = Lexicon(train)
    by_count = {
        count: accuracies(tagger(lexicon, train, count), lexicon, dev)[0]
        for count in (1e-4, 1e-3, 1e-2, 1e-1)
    }
    lines = [f"dev  pseudo_count {count:g}: Viterbi {by_count[count]:.4f}" for count in by_count]
    chosen = max(by_count, key=lambda count: by_count[count])
    viterbi, posterior = accuracies(tagger(lexicon, train, chosen), lexicon, test)
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
