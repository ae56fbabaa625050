import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqarena.data import checks
from seqarena.data.arrow_store import read_part, read_split
from seqarena.data.manifest import verify_prepared
from seqarena.data.part import Part
from seqarena.data.splits import Split
from seqarena.errors import DataError
from seqarena.parsing import parse
from seqarena.tasks import prepare
from seqarena.tasks.config import TaskConfig
from seqarena.tasks.prepare import prepare_task, read_source

DRAW = {"n_train": 20, "n_valid": 5, "n_test": 8, "length": 24}
RAW: dict[str, dict[str, Any]] = {
    "digits": {"kind": "classification", "source": {"kind": "handwritten_digits"}},
    "reference": {"kind": "density", "source": {"kind": "python_reference", "window": 64,
                                                 "stride": 32}},
    "dates": {"kind": "transduction", "source": {"kind": "dates", "n_train": 60, "n_valid": 9,
                                                  "n_test": 9}},
    "links": {"kind": "alignment", "source": {"kind": "dates", "unit": "words", "n_train": 60,
                                               "n_valid": 9, "n_test": 9}},
    "hidden": {"kind": "density", "source": {"kind": "hidden_markov_source",
                                              "n_monte_carlo": 100, "draw": DRAW}},
    "states": {"kind": "tagging", "source": {"kind": "hidden_markov_states", "n_train": 9,
                                             "n_valid": 3, "n_test": 4}},
    "items": {"kind": "recommendation", "source": {"kind": "item_markov_source", "n_users": 30}},
    "lagged": {"kind": "density", "source": {"kind": "lagged_markov_source", "draw": DRAW}},
}  # fmt: skip


def _config(name: str, **changes: object) -> TaskConfig:
    return parse(TaskConfig, {**RAW[name], **changes}, f"tasks.{name}")


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", RAW)
def test_the_same_config_gives_the_same_bytes_and_they_verify(tmp_path: Path, name: str) -> None:
    manifest = prepare_task(name, _config(name), tmp_path / "a")
    prepare_task(name, _config(name), tmp_path / "b")
    assert _digests(tmp_path / "a") == _digests(tmp_path / "b")
    assert set(_digests(tmp_path / "a")) == {
        "train.arrow", "valid.arrow", "test.arrow", "manifest.json",
    }  # fmt: skip
    assert verify_prepared(tmp_path / "a") == manifest


def test_a_task_says_among_which_items_the_next_one_is_ranked(tmp_path: Path) -> None:
    manifest = prepare_task("items", _config("items"), tmp_path / "seen")
    assert manifest.protocol["ranked"] == (
        "the right item among all items, without those that the user had chosen before"
    )
    candidates = read_part(tmp_path / "seen", Split.TEST).candidates
    assert candidates is not None
    assert candidates.seen is not None
    assert len(candidates.seen) == 30
    assert manifest.best_possible is None
    everything = prepare_task("items", _config("items", exclude_seen=False), tmp_path / "all")
    assert read_part(tmp_path / "all", Split.TEST).candidates is None
    assert everything.best_possible is not None
    with pytest.raises(DataError, match="candidates: 'sampled' takes negatives"):
        prepare_task("items", _config("items", candidates="sampled"), tmp_path / "sampled")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dates", "items", "lagged"])
def test_the_manifest_tells_what_the_files_hold(tmp_path: Path, name: str) -> None:
    manifest = prepare_task(name, _config(name), tmp_path)
    lengths = []
    for split in Split:
        sequences = read_split(tmp_path, split)
        record = manifest.splits[split.value]
        assert record.n_sequences == len(sequences)
        assert record.n_steps == sequences.n_steps
        assert record.n_scored == sequences.n_scored.sum()
        assert sequences.values.min() >= 0
        assert sequences.values.max() < manifest.schema.n_symbols
        lengths.append(sequences.lengths.max())
    assert manifest.schema.max_length == max(lengths)
    assert manifest.schema.n_symbols == len(manifest.symbols)


@pytest.mark.slow
def test_dates_keep_their_targets_and_alignment(tmp_path: Path) -> None:
    manifest = prepare_task("dates", _config("dates"), tmp_path)
    target = read_split(tmp_path, Split.TEST).target
    alignment = read_part(tmp_path, Split.TEST).alignment
    assert np.array_equal(target.offsets, alignment.offsets)
    assert (target.lengths == 11).all()
    assert (target.sequence(0)[-1], manifest.schema.target_end) == (11, 11)
    assert manifest.schema.max_target_length == 11
    assert manifest.best_possible.value == 1.0


@pytest.mark.slow
def test_dates_say_which_symbols_both_alphabets_have(tmp_path: Path) -> None:
    manifest = prepare_task("dates", _config("dates"), tmp_path)
    pairs = zip(manifest.symbols, manifest.schema.target_of_symbol, strict=True)
    shared = {text: manifest.target_symbols[target] for text, target in pairs if target >= 0}
    assert all(text == target for text, target in shared.items())
    assert set("0123456789-") & set(manifest.symbols) == set(shared)
    links = prepare_task("links", _config("links"), tmp_path)
    assert links.schema.target_of_symbol is None


def test_nothing_is_written_when_a_guard_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = read_source(_config("lagged"))
    source.parts[Split.VALID] = Part(source.parts[Split.TEST].sequences)
    monkeypatch.setattr(prepare, "read_source", lambda _: source)
    with pytest.raises(DataError, match=r"^valid row 0 equals test row 0, and 7 more such pairs;"):
        prepare_task("lagged", _config("lagged"), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    manifest = prepare_task("lagged", _config("lagged", duplicates="count"), tmp_path / "out")
    assert manifest.counts["duplicates_across_splits"] == 8


def test_the_guards_run_on_what_is_prepared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(prepare, "check_parts", lambda parts, *names: seen.append((parts, names)))
    prepare_task("lagged", _config("lagged"), tmp_path)
    assert list(seen[0][0]) == list(Split)
    assert checks.check_parts is not prepare.check_parts
