"""Kneser–Ney against KenLM's own estimator, where the variable SEQARENA_LMPLZ names its binary."""

import math
import os
import subprocess
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from torch.testing import assert_close

from classical_scenes import a_chain, fit_plainly
from seqarena.batch import collate, sequences_of

LMPLZ = os.environ.get("SEQARENA_LMPLZ", "")
MIRROR = os.environ.get("SEQARENA_MIRROR", "")
needs_lmplz = pytest.mark.skipif(
    not LMPLZ, reason="SEQARENA_LMPLZ does not name KenLM's lmplz (built from the kenlm package)"
)
needs_mirror = pytest.mark.skipif(not MIRROR, reason="SEQARENA_MIRROR does not name the mirror")


def estimated_by_kenlm(rows, n_symbols, order, folder, *more):
    """The ARPA file of `order` + 1 (KenLM counts the predicted word too), as dictionaries.

    Symbol i is the word i. The last symbol but one of the alphabet is the end, which KenLM adds
    itself; whatever was not seen is its <unk>, of which --vocab_pad makes as many as we have.
    """
    text = folder / "train.txt"
    text.write_text("".join(" ".join(map(str, row)) + "\n" for row in rows))
    command = [LMPLZ, "-o", order + 1, "--discount_fallback", "--vocab_pad", n_symbols, "-S", "1G"]
    command += ["-T", folder, "--text", text, "--arpa", folder / "model.arpa", *more]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return read_arpa(folder / "model.arpa")


def read_arpa(path: Path):
    probability, backoff = {}, {}
    for line in path.read_text().splitlines():
        if "\t" in line:
            log_probability, words, *weight = line.split("\t")
            gram = tuple(words.split())
            probability[gram] = float(log_probability)
            backoff[gram] = float(weight[0]) if weight else 0.0
    return probability, backoff


def log_probs_of_kenlm(rows, model, order):
    """Natural logarithms of p(word | words before), sentence ends included."""
    probability, backoff = model
    found = []
    for row in rows:
        words = [word if (word,) in probability else "<unk>" for word in map(str, row)]
        whole = ["<s>", *words, "</s>"]
        for end in range(1, len(whole)):
            context, total = tuple(whole[max(0, end - order) : end]), 0.0
            while (gram := (*context, whole[end])) not in probability:
                total += backoff.get(context, 0.0)
                context = context[1:]
            found.append((total + probability[gram]) * math.log(10))
    return np.array(found)


def our_log_probs(train, test, n_symbols, order, min_count=1):
    end = n_symbols - 2
    model = a_chain(order, n_symbols, smoothing="kneser_ney", min_count=min_count)
    whole = [[np.array([*row, end]) for row in rows] for rows in (train, test)]
    fit_plainly(model, sequences_of(whole[0]), size=5000)
    data = sequences_of(whole[1])
    at = [np.arange(first, min(first + 500, len(data))) for first in range(0, len(data), 500)]
    batches = [collate(data, rows) for rows in at]
    steps = [model.step_log_prob(batch)[batch.mask].numpy() for batch in batches]
    return np.concatenate(steps)


def perplexities(train, test, n_symbols, order, folder, *, min_count=1):
    more = ("--prune", "0", "0", str(min_count - 1)) if min_count > 1 else ()
    ours = our_log_probs(train, test, n_symbols, order, min_count)
    theirs = log_probs_of_kenlm(
        test, estimated_by_kenlm(train, n_symbols, order, folder, *more), order
    )
    assert ours.shape == theirs.shape
    return np.exp(-ours.mean()), np.exp(-theirs.mean())


def zipf_rows(n, n_symbols, seed):
    draw = np.random.default_rng(seed)
    weights = 1 / np.arange(1, n_symbols - 1)
    lengths = draw.integers(1, 30, n)
    return [draw.choice(n_symbols - 2, k, p=weights / weights.sum()).tolist() for k in lengths]


@needs_lmplz
@pytest.mark.slow
@pytest.mark.parametrize(("order", "min_count"), [(1, 1), (2, 1), (4, 1), (5, 1), (3, 2)])
def test_perplexity_is_that_of_kenlm_on_random_words_with_unseen_ones(order, min_count, tmp_path):
    train, test = zipf_rows(3000, 4000, 0), zipf_rows(500, 4000, 1)
    assert set(chain.from_iterable(test)) - set(chain.from_iterable(train))
    ours, theirs = perplexities(train, test, 4000, order, tmp_path, min_count=min_count)
    assert_close(ours, theirs, rtol=1e-6, atol=0.0)


@needs_lmplz
@needs_mirror
@pytest.mark.slow
def test_perplexity_is_that_of_kenlm_on_the_penn_treebank(tmp_path):
    folder, numbers = Path(MIRROR) / "lm_ptb", {}
    train, test = (
        [
            [numbers.setdefault(word, len(numbers)) for word in line.split()]
            for line in (folder / f"ptb.{split}.txt").read_text().splitlines()
        ]
        for split in ("train", "test")
    )
    ours, theirs = perplexities(train, test, len(numbers) + 2, 4, tmp_path)
    assert_close(ours, theirs, rtol=1e-6, atol=0.0)
    assert ours == pytest.approx(141.2, abs=0.05)


@needs_lmplz
@needs_mirror
@pytest.mark.slow
def test_perplexity_is_that_of_kenlm_on_the_characters_of_shakespeare_as_one_stream(tmp_path):
    text = (Path(MIRROR) / "lm_tinyshakespeare" / "input.txt").read_text()
    numbers = {character: number for number, character in enumerate(sorted(set(text)))}
    codes = [numbers[character] for character in text]
    train, test = [codes[:1_003_854]], [codes[1_003_854:]]
    ours, theirs = perplexities(train, test, len(numbers) + 2, 6, tmp_path)
    assert_close(ours, theirs, rtol=1e-6, atol=0.0)
    assert np.log(ours) == pytest.approx(1.5165, abs=0.0005)
