"""A user's own text becomes what the prepared task would have made of it."""

import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter

from seqarena.data.encoding import encoded_subwords, encoded_symbols, frames_in_lines
from seqarena.data.manifest import Manifest, Provenance
from seqarena.data.sources.dates import DatesConfig
from seqarena.data.sources.handwritten_digits import HandwrittenDigitsConfig
from seqarena.data.sources.lagged_markov import LaggedMarkovSourceConfig
from seqarena.data.splits import Split
from seqarena.data.subwords import learn_subwords
from seqarena.errors import DataError
from seqarena.schema import DataSchema
from seqarena.tasks.config import DensitySource, TaggingSource
from seqarena.tasks.prepare import prepare_task, read_source

UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def manifest(symbols=None, **schema) -> Manifest:
    facts = DataSchema("density", **(schema or {"n_symbols": 3}))
    return Manifest("mine", facts, Provenance("d", "l", "c"), {}, symbols=symbols)


def test_symbols_become_their_tokens():
    assert encoded_symbols(["b", "a"], manifest(("a", "b"))).tolist() == [1, 0]


def test_what_the_task_does_not_know_is_the_unknown_symbol_where_it_has_one():
    assert encoded_symbols("axb", manifest((UNKNOWN, "a", "b"))).tolist() == [1, 0, 2]


def test_an_unknown_word_is_the_class_of_its_shape_where_the_task_has_such_classes():
    known = manifest((UNKNOWN, "<Aaing>", "dog"))
    assert encoded_symbols(["Walking", "dog", "cat"], known).tolist() == [1, 2, 0]


@pytest.mark.parametrize(("symbols", "known"), [("axa", ("a", "b")), ("xyx", (UNKNOWN, "a", "b"))])
def test_a_text_that_the_task_does_not_know_is_refused(symbols, known):
    with pytest.raises(DataError) as caught:
        encoded_symbols(symbols, manifest(known))
    unknown = "'x'" if known[0] == "a" else "'x', 'y'"
    assert str(caught.value) == (
        f"task 'mine' does not know {unknown}; it knows 'a', 'b'. Write the text as the task's own "
        "are."
    )


def test_a_text_for_frames_and_an_empty_one_are_refused():
    with pytest.raises(DataError, match="reads frames, not symbols; give --file"):
        encoded_symbols("a", manifest(dim=2))
    with pytest.raises(DataError, match="the text is empty"):
        encoded_symbols("", manifest(("a",)))
    with pytest.raises(DataError, match="has no tokeniser"):
        encoded_subwords("a", manifest(("a",)))


def test_subwords_are_those_of_the_manifest():
    subwords = learn_subwords(["low lower lowest"] * 3, 30)
    facts = Manifest(
        "mine",
        DataSchema("transduction", n_symbols=len(subwords)),
        Provenance("d", "l", "c"),
        {},
        symbols=subwords.symbols,
        tokeniser=subwords.tokeniser,
    )
    assert (
        encoded_subwords("  lower low ", facts).tolist()
        == subwords.encode(["lower low"])[0].tolist()
    )
    assert encoded_subwords("字", facts).tolist()[-1] == 0
    with pytest.raises(DataError, match="the text is empty"):
        encoded_subwords(" ", facts)


def test_numbers_in_lines_are_frames(tmp_path):
    path = tmp_path / "steps.csv"
    path.write_text("1, 2.5\n\n-3\t4\n")
    assert frames_in_lines(path, manifest(dim=2)).tolist() == [[1.0, 2.5], [-3.0, 4.0]]


@pytest.mark.parametrize("line", ["1", "1 2 3", "1 x", "1 nan", "1 1e60"])
def test_a_line_that_is_no_frame_is_refused_with_its_number(tmp_path, line):
    path = tmp_path / "steps.csv"
    path.write_text(f"1 2\n{line}\n")
    with pytest.raises(DataError) as caught:
        frames_in_lines(path, manifest(dim=2))
    assert str(caught.value) == (
        f"{path}, line 2: {line!r}, expected 2 finite numbers, those of a step of task 'mine', "
        "between commas or spaces."
    )


def test_numbers_for_a_task_of_symbols_are_refused(tmp_path):
    with pytest.raises(DataError, match="reads symbols; give --text"):
        frames_in_lines(tmp_path / "steps.csv", manifest(("a",)))


@pytest.mark.slow
def test_a_date_is_encoded_as_those_of_the_task(tmp_path):
    draw = {"n_train": 60, "n_valid": 4, "n_test": 4, "locales": ["en"]}
    for unit in ("characters", "words"):
        config = TypeAdapter(DatesConfig).validate_python({"kind": "dates", "unit": unit, **draw})
        source = config.read()
        facts = manifest(source.symbols)
        sequences = source.parts[Split.TRAIN].sequences
        for row in range(10):
            own = sequences.sequence(row)
            symbols = [source.symbols[token] for token in own]
            text = "".join(symbols) if unit == "characters" else " ".join(symbols)
            assert config.tokens_of(text, facts).tolist() == own.tolist()


def test_words_of_running_text_end_each_line(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("one two\nthree one\n" * 30)
    config = TypeAdapter(DensitySource).validate_python(
        {"kind": "text", "path": str(path), "unit": "word", "window": 8, "stride": 4}
    )
    source = config.read()
    tokens = config.tokens_of("two\none one", manifest(source.symbols))
    names = [source.symbols[token] for token in tokens]
    assert names == ["two", "<eos>", "one", "one", "<eos>"]


def test_a_tagged_table_is_cut_as_it_says(tmp_path):
    config = TypeAdapter(TaggingSource).validate_python(
        {
            "kind": "csv",
            "path": "unread.csv",
            "unit": "character",
            "columns": {"input": "text", "tags": "tags"},
        }
    )
    assert list(config.symbols_of("a b")) == ["a", " ", "b"]


def test_symbols_of_generated_data_are_named_between_spaces():
    config = LaggedMarkovSourceConfig(kind="lagged_markov_source")
    assert config.symbols_of(" 3  1\n") == ["3", "1"]


def test_a_picture_becomes_the_steps_of_the_task(tmp_path):
    pixels = np.zeros((8, 8), np.uint8)
    pixels[0] = 255
    path = tmp_path / "digit.png"
    Image.fromarray(pixels).save(path)
    rows = HandwrittenDigitsConfig(kind="handwritten_digits", view="rows")
    assert rows.frames_of(path, manifest(dim=8)).tolist() == (pixels / 255).tolist()
    regions = HandwrittenDigitsConfig(kind="handwritten_digits", view="regions")
    steps = regions.frames_of(path, manifest(dim=4))
    assert steps.shape == (16, 4) and steps[:4].tolist() == [[1.0, 1.0, 0.0, 0.0]] * 4


@pytest.mark.slow
def test_a_folder_of_pictures_scales_one_to_the_size_of_the_others(tmp_path):
    rng = np.random.default_rng(0)
    for label in "ab":
        (tmp_path / label).mkdir()
        for at in range(20):
            pixels = rng.integers(0, 256, (4, 6), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / label / f"{at}.png")
    from seqarena.tasks.config import ClassificationTaskConfig

    config = ClassificationTaskConfig.model_validate(
        {
            "kind": "classification",
            "source": {"kind": "image_folder", "path": str(tmp_path)},
        }
    )
    facts = prepare_task("mine", config, tmp_path / "prepared")
    own = tmp_path / "a" / "0.png"
    found = config.source.frames_of(own, facts)
    parts = read_source(config).parts.values()
    everything = [
        part.sequences.sequence(row) for part in parts for row in range(len(part.sequences))
    ]
    assert any(np.array_equal(found, each) for each in everything)
    Image.fromarray(np.zeros((40, 60), np.uint8)).save(tmp_path / "large.png")
    assert config.source.frames_of(tmp_path / "large.png", facts).shape == (4, 6)


@pytest.mark.slow
def test_a_recording_becomes_the_frames_of_the_task(tmp_path):
    import soundfile

    from seqarena.data.own.audio_source import AudioFolderConfig, read_sound
    from seqarena.data.speech_features import speech_frames

    path = tmp_path / "tone.wav"
    soundfile.write(path, np.sin(np.arange(4000) / 5).astype(np.float32), 8000)
    config = AudioFolderConfig(kind="audio_folder", path=str(tmp_path), features="log_mel")
    expected = speech_frames(read_sound(path), "log_mel", "mean")
    assert np.array_equal(config.frames_of(path, manifest(dim=78)), expected)
