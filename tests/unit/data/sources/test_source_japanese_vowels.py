import socket
from pathlib import Path

import numpy as np
import pytest

from seqarena.data.sources import japanese_vowels
from seqarena.data.sources.japanese_vowels import (
    ENVELOPE_AXIS,
    JapaneseVowelsConfig,
    read_japanese_vowels,
)
from seqarena.data.spectra import lpc_envelope
from seqarena.data.splits import Split
from seqarena.errors import DataError

CONFIG = JapaneseVowelsConfig(kind="japanese_vowels")


def _no_network(*_: object, **__: object) -> None:
    raise OSError("the network was touched")


@pytest.mark.slow
def test_the_official_split_is_read_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _no_network)
    monkeypatch.setattr(socket.socket, "connect", _no_network)
    source = read_japanese_vowels(CONFIG)
    sizes = {split: len(part.sequences) for split, part in source.parts.items()}
    assert sizes == {Split.TRAIN: 216, Split.VALID: 54, Split.TEST: 370}
    assert source.class_names == tuple(f"speaker {n}" for n in range(1, 10))
    assert source.schema.dim == 12
    # From the published description of the set: utterances of each speaker in the test half.
    assert np.bincount(source.parts[Split.TEST].sequences.labels).tolist() == [
        31, 35, 88, 44, 29, 24, 40, 50, 29,
    ]  # fmt: skip
    assert np.bincount(source.parts[Split.VALID].sequences.labels).tolist() == [6] * 9
    lengths = np.concatenate([part.sequences.lengths for part in source.parts.values()])
    assert (lengths.min(), lengths.max()) == (7, 29)


@pytest.mark.slow
def test_frames_are_those_of_the_file_and_the_carve_depends_on_its_seed() -> None:
    import aeon.datasets

    source = read_japanese_vowels(CONFIG)
    other = read_japanese_vowels(CONFIG.model_copy(update={"split_seed": 1}))
    path = Path(aeon.datasets.__file__).parent / "data/JapaneseVowels/JapaneseVowels_TEST.ts"
    lines = path.read_text().partition("@data\n")[2].splitlines()
    fields = lines[5].split(":")
    frames = np.array([[float(x) for x in dimension.split(",")] for dimension in fields[:-1]]).T
    sequences = source.parts[Split.TEST].sequences
    assert sequences.ids[5] == "test-5"
    assert np.allclose(sequences.sequence(5), frames)
    found = source.parts[Split.TEST].spectrum(5)
    assert np.array_equal(found, lpc_envelope(sequences.sequence(5)))
    valid = source.parts[Split.VALID]
    assert np.array_equal(valid.spectrum(1), lpc_envelope(valid.sequences.sequence(1)))
    assert source.spectrum == ENVELOPE_AXIS and source.parts[Split.TRAIN].spectra is None
    assert source.class_names[sequences.labels[5]] == f"speaker {fields[-1]}"
    valid = [each.parts[Split.VALID].sequences.ids for each in (source, other)]
    assert valid[0] != valid[1]
    assert all(name.startswith("train-") for name in valid[0] + valid[1])


def test_an_empty_utterance_is_named_with_file_and_row(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [np.ones((3, 12)), np.ones((0, 12))]
    monkeypatch.setattr(japanese_vowels, "_read", lambda _: (broken, ["speaker 1"] * 2))
    with pytest.raises(DataError) as error:
        read_japanese_vowels(CONFIG)
    assert str(error.value) == (
        "JapaneseVowels_TRAIN.ts row 1 of 2 is empty; take it out of the source."
    )
