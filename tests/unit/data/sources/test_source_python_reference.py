from collections import Counter
from pydoc_data.topics import topics

import pytest

from seqarena.data.alphabet import UNKNOWN
from seqarena.data.sources.python_reference import (
    PythonReferenceConfig,
    read_python_reference,
    split_documents,
)
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.errors import DataError

CONFIG = PythonReferenceConfig(kind="python_reference", window=64, stride=16)


@pytest.fixture(scope="module")
def source() -> SourceData:
    """The reference with small windows."""
    return read_python_reference(CONFIG)


def _topic_of(name: str) -> str:
    return name.rpartition(":")[0]


def test_every_character_of_the_test_topics_is_scored_exactly_once(source: SourceData) -> None:
    sequences = source.parts[Split.TEST].sequences
    assert source.symbols is not None and sequences.scored_from is not None
    rebuilt: Counter[str] = Counter()
    texts: dict[str, str] = {}
    for row, name in enumerate(sequences.ids):
        topic, _, start = name.rpartition(":")
        begin = int(sequences.scored_from[row])
        assert int(start) + begin == len(texts.get(topic, ""))
        scored = sequences.sequence(row)[begin:]
        texts[topic] = texts.get(topic, "") + "".join(source.symbols[token] for token in scored)
        rebuilt[topic] += len(scored)
    for topic, text in texts.items():
        known = "".join(c if c in source.symbols else UNKNOWN for c in topics[topic])
        assert text == known
    assert sequences.n_scored.sum() == sum(len(topics[topic]) for topic in texts)


def test_no_topic_and_no_passage_crosses_the_splits(source: SourceData) -> None:
    of_split = [{_topic_of(name) for name in part.sequences.ids} for part in source.parts.values()]
    assert not of_split[0] & of_split[1]
    assert not of_split[0] & of_split[2]
    assert not of_split[1] & of_split[2]
    assert source.counts["passages_across_topics_as_shipped"] > 1_000
    assert source.counts["passages_across_splits"] == 0
    # Independently: no line of 100 characters or more stands in training and in test.
    train, _, test = ("\n".join(topics[name] for name in names) for names in of_split)
    shared = {line.strip() for line in train.splitlines()} & {
        line.strip() for line in test.splitlines()
    }
    assert max(map(len, shared)) < 100


def test_an_excerpt_of_a_longer_topic_is_left_out(source: SourceData) -> None:
    names = {_topic_of(name) for part in source.parts.values() for name in part.sequences.ids}
    assert "specialnames" in names
    assert "customization" not in names
    assert source.counts["topics_dropped_as_repeats"] == len(topics) - len(names)


def test_documents_that_share_a_passage_go_to_one_split() -> None:
    shared = " ".join(f"shared{n}" for n in range(20))
    documents = {f"own{n}": " ".join(f"own{n}x{k}" for k in range(60)) for n in range(20)}
    documents["own3"] += shared
    documents["own4"] += shared
    for seed in range(12):
        parts = split_documents(documents, CONFIG.model_copy(update={"split_seed": seed}))
        assert sum(map(len, parts)) == 20
        assert sum({"own3", "own4"} <= set(part) for part in parts) == 1


def test_the_alphabet_comes_from_training_alone(source: SourceData) -> None:
    train = source.parts[Split.TRAIN].sequences
    names = {_topic_of(name) for name in train.ids}
    counts = Counter("".join(topics[name] for name in names))
    assert source.symbols is not None
    assert set(source.symbols[1:]) == {c for c, n in counts.items() if n >= CONFIG.min_count}
    rare = sum(n for n in counts.values() if n < CONFIG.min_count)
    assert source.counts["unknown_characters_train"] == rare > 0


def test_the_shares_are_nearly_filled(source: SourceData) -> None:
    scored = {split: part.sequences.n_scored.sum() for split, part in source.parts.items()}
    total = sum(scored.values())
    assert 0.09 * total < scored[Split.VALID] <= 0.1 * total
    assert 0.09 * total < scored[Split.TEST] <= 0.1 * total


@pytest.mark.slow
def test_training_windows_can_be_thinned(source: SourceData) -> None:
    few = read_python_reference(CONFIG.model_copy(update={"max_train_windows": 300}))
    ids = few.parts[Split.TRAIN].sequences.ids
    assert len(ids) == 300
    assert set(ids) < set(source.parts[Split.TRAIN].sequences.ids)
    assert few.parts[Split.TEST].sequences.ids == source.parts[Split.TEST].sequences.ids


@pytest.mark.slow
def test_a_stream_holds_the_same_topics_whole(source: SourceData) -> None:
    stream = read_python_reference(CONFIG.model_copy(update={"context": "stream"}))
    assert stream.schema.stream_window == CONFIG.window
    assert source.schema.stream_window is None
    assert stream.symbols == source.symbols
    for split, part in stream.parts.items():
        blocks = source.parts[split].sequences
        assert part.sequences.n_scored.tolist() == part.sequences.lengths.tolist()
        assert part.sequences.n_steps == blocks.n_scored.sum()
        assert {_topic_of(name) for name in part.sequences.ids} == set(map(_topic_of, blocks.ids))
        assert len(part.sequences) == len(set(map(_topic_of, blocks.ids)))
    assert (stream.protocol["context"], source.protocol["context"]) == ("stream", "blocks")


@pytest.mark.slow
def test_too_many_unknown_characters_are_refused() -> None:
    config = CONFIG.model_copy(update={"max_unknown_share": 0.0})
    with pytest.raises(
        DataError,
        match=r"^train: \d+ of \d+ characters are unknown, more than max_unknown_share \(0\.0\) "
        r"allows; lower min_count, or allow more\.$",
    ):
        read_python_reference(config)


@pytest.mark.slow
def test_a_share_that_holds_no_topic_is_refused() -> None:
    with pytest.raises(DataError) as error:
        read_python_reference(CONFIG.model_copy(update={"test_share": 1e-6}))
    assert str(error.value) == (
        "python_reference: no topic fits into test; change test_share or split_seed."
    )
