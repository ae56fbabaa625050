from typing import Any

import pytest

from seqarena.errors import ConfigError
from seqarena.parsing import parse
from seqarena.tasks.config import TaskConfig


def _parse(raw: dict[str, Any]) -> Any:
    return parse(TaskConfig, raw, "tasks.toy")


def _mistakes(raw: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as error:
        _parse(raw)
    return error.value.mistakes


@pytest.mark.parametrize(
    ("kind", "source", "expected"),
    [
        ("classification", {"kind": "japanese_vowels"}, "frames"),
        ("classification", {"kind": "handwritten_digits", "view": "regions"}, "frames"),
        ("classification", {"kind": "mnist", "view": "permuted", "n_train": 100}, "frames"),
        ("density", {"kind": "python_reference"}, "tokens"),
        ("density", {"kind": "tiny_shakespeare", "valid_share": 0.1}, "tokens"),
        ("density", {"kind": "penn_treebank", "unit": "character"}, "tokens"),
        ("density", {"kind": "text", "path": "a.txt", "document": "line"}, "tokens"),
        ("density", {"kind": "hidden_markov_source"}, "tokens"),
        ("density", {"kind": "lagged_markov_source"}, "tokens"),
        ("density", {"kind": "polyphonic_music", "corpus": "piano_midi"}, "frames"),
        ("tagging", {"kind": "hidden_markov_states", "n_states": 3}, "tokens"),
        ("tagging", {"kind": "ud_english_ewt", "unknown": "one"}, "tokens"),
        ("tagging", {"kind": "protein_secondary_structure", "seed": 1}, "tokens"),
        ("transduction", {"kind": "dates", "locales": ["de", "fr"]}, "tokens"),
        ("alignment", {"kind": "dates", "unit": "words"}, "tokens"),
        ("alignment", {"kind": "europarl_en_es", "source": "es"}, "tokens"),
        (
            "alignment",
            {
                "kind": "parallel_text",
                "source": "a.en",
                "target": "a.es",
                "test_source": "b.en",
                "test_target": "b.es",
                "test_links": "b.links",
            },
            "tokens",
        ),
    ],
)
def test_every_source_is_read_and_its_input_is_known_before_the_data(
    kind: str, source: dict[str, Any], expected: str
) -> None:
    config = _parse({"kind": kind, "source": source})
    assert config.source.input_kind == expected
    assert config.n_probes == 6
    assert config.duplicates == "refuse"


def test_a_stream_is_read_whole_and_not_shown() -> None:
    source = {"kind": "python_reference", "context": "stream"}
    assert _mistakes({"kind": "density", "source": source}) == [
        "tasks.toy.source: the documents of a stream are too long for pictures, and n_probes is 6; "
        "set n_probes to 0, or context to 'blocks'."
    ]
    config = _parse({"kind": "density", "source": source, "n_probes": 0})
    assert config.source.context_protocol == "stream"
    thinned = {"kind": "density", "n_probes": 0, "source": {**source, "max_train_windows": 9}}
    assert _mistakes(thinned) == [
        "tasks.toy.source.max_train_windows: got 9, but a stream is read whole; leave it out, or "
        "set context to 'blocks'."
    ]
    blocks = _parse({"kind": "density", "source": {"kind": "python_reference"}})
    assert blocks.source.context_protocol == "blocks"


def test_every_text_has_the_same_context_protocol() -> None:
    for source in ({"kind": "tiny_shakespeare"}, {"kind": "penn_treebank"}):
        raw = {"kind": "density", "source": {**source, "context": "stream"}, "n_probes": 0}
        assert _parse(raw).source.context_protocol == "stream"
        assert _mistakes({**raw, "n_probes": 1}) == [
            "tasks.toy.source: the documents of a stream are too long for pictures, and n_probes "
            "is 1; set n_probes to 0, or context to 'blocks'."
        ]
    assert _mistakes({"kind": "density", "source": {"kind": "penn_treebank", "window": 9}}) == [
        "tasks.toy.source.stride: got 128; should be at most window (9), or symbols stay unscored."
    ]


def test_only_regions_of_pictures_are_regions() -> None:
    def regions(kind: str, view: str) -> bool:
        config = _parse({"kind": "classification", "source": {"kind": kind, "view": view}})
        return config.source.has_regions

    assert regions("mnist", "regions")
    assert regions("handwritten_digits", "regions")
    assert not regions("mnist", "rows")
    assert not regions("mnist", "permuted")


def test_own_text_has_both_validation_and_test_files_or_neither() -> None:
    source = {"kind": "text", "path": "a.txt", "test_path": "b.txt"}
    assert _mistakes({"kind": "density", "source": source}) == [
        "tasks.toy.source: valid_path is missing: give validation and test files both, or neither "
        "(then valid_share and test_share cut them from path)."
    ]


def test_a_source_of_another_kind_of_task_is_refused() -> None:
    assert _mistakes({"kind": "density", "source": {"kind": "japanese_vowels"}}) == [
        "tasks.toy.source.kind: 'japanese_vowels' is not a kind; expected one of "
        "'hidden_markov_source', 'lagged_markov_source', 'penn_treebank', 'polyphonic_music', "
        "'python_reference', 'text', 'tiny_shakespeare'."
    ]
    assert _mistakes({"kind": "transduction", "source": {"kind": "python_reference"}}) == [
        "tasks.toy.source.kind: 'python_reference' is not a kind; expected one of "
        "'connected_words', 'copied_symbols', 'dates'."
    ]


def test_dates_in_words_are_for_alignment_alone() -> None:
    source = {"kind": "dates", "unit": "words"}
    assert _mistakes({"kind": "transduction", "source": source}) == [
        "tasks.toy.source: unit 'words' is made for alignment; a transduction is judged by "
        "characters."
    ]


def test_all_mistakes_are_named_at_once_with_their_keys() -> None:
    source = {"kind": "python_reference", "window": 64, "stride": 65, "min_cout": 3}
    assert _mistakes({"kind": "density", "source": source, "duplicates": "ignore"}) == [
        "tasks.toy.duplicates: 'ignore' is not allowed; expected 'refuse', 'count' or 'drop'.",
        "tasks.toy.source.stride: got 65; should be at most window (64), or symbols stay unscored.",
        "tasks.toy.source.min_cout: unknown; did you mean 'min_count'?",
    ]


@pytest.mark.parametrize(
    ("kind", "source", "key", "reason"),
    [
        (
            "density",
            {"kind": "hidden_markov_source", "draw": {"length": 10, "scored_from": 10}},
            "source.draw.scored_from: got 10",
            "should be less than length (10)",
        ),
        (
            "density",
            {"kind": "lagged_markov_source", "lag": 20},
            "source.lag: got 20",
            "should be at most draw.scored_from (16), or the floor is not exact",
        ),
        (
            "transduction",
            {"kind": "dates", "first_year": 2000, "last_year": 1999},
            "source.last_year: got 1999",
            "should be at least first_year (2000)",
        ),
    ],
)
def test_bad_combinations_are_refused(
    kind: str, source: dict[str, Any], key: str, reason: str
) -> None:
    assert _mistakes({"kind": kind, "source": source}) == [f"tasks.toy.{key}; {reason}."]


def test_more_dates_than_days_are_refused() -> None:
    source = {"kind": "dates", "first_year": 2000, "last_year": 2000}
    (mistake,) = _mistakes({"kind": "transduction", "source": source})
    assert mistake == (
        "tasks.toy.source: 14000 different dates are wanted, but the years 2000 to 2000 have 366 "
        "days; lower n_train, n_valid or n_test."
    )


def test_a_chain_with_too_many_contexts_is_refused() -> None:
    source = {"kind": "lagged_markov_source", "n_symbols": 64, "lag": 3}
    (mistake,) = _mistakes({"kind": "density", "source": source})
    assert mistake == (
        "tasks.toy.source: n_symbols ** lag is 262144 contexts, at most 100000 can be "
        "listed; lower one of them."
    )


@pytest.mark.parametrize("policy", ["refuse", "drop"])
def test_what_validates_and_trains_must_be_counted(policy: str) -> None:
    source = {"kind": "tiny_shakespeare", "valid_in_train": True}
    assert _mistakes({"kind": "density", "source": source, "duplicates": policy}) == [
        "tasks.toy.source: with valid_in_train windows of validation are in training too, and "
        f"duplicates is '{policy}'; set it to 'count', which keeps them."
    ]
    _parse({"kind": "density", "source": source, "duplicates": "count"})
