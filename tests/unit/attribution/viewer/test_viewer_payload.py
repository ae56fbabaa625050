import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from viewer_scenes import INPUTS, OUTPUTS, only_map, read_values, viewed

from seqarena.attribution.viewer.page import page_of, write_page
from seqarena.attribution.viewer.payload import payload
from seqarena.attribution.viewer.viewed import ViewedTable
from seqarena.errors import ArtifactError

VALUES = np.array([[[0.1, 0.2, 0.3, 0.4], [1.0, 0.0, 0.0, 0.0]]], np.float32)
anything = st.lists(st.integers(0, 0x10FFFF).map(chr), max_size=12).map("".join)


def test_a_map_comes_back():
    entry = only_map(payload(viewed(VALUES)))
    assert np.abs(read_values(entry) - VALUES).max() <= entry["error"]
    assert entry["shape"] == [1, 2, 4] and entry["kind"] == "weights"


@given(anything)
def test_any_text_comes_back_and_nothing_of_it_is_markup(text):
    held = payload(viewed(VALUES, texts=(text, "b", "c", "d"), title=text))
    assert held.isascii() and not set(held) & set("<>&")
    whole = "".join("\ufffd" if "\ud800" <= each <= "\udfff" else each for each in text)
    content = json.loads(held)
    if not re.search("[\ud800-\udfff]{2}", text):
        assert content["title"] == whole
        assert content["examples"][0]["axes"][0]["texts"][0] == whole


def test_two_surrogates_that_make_a_character_stay_one():
    assert json.loads(payload(viewed(VALUES, title="\ud83d\ude00")))["title"] == "😀"


def test_long_texts_are_cut():
    held = json.loads(payload(viewed(VALUES, texts=("a" * 10_000, "b", "c", "d"))))
    assert len(held["examples"][0]["axes"][0]["texts"][0]) == 200


@pytest.mark.parametrize("hostile", ["</script><script>alert(1)</script>", "<!--", "\u2028"])
def test_a_page_has_the_two_scripts_of_its_own_whatever_texts_say(hostile):
    page = page_of(viewed(VALUES, texts=(hostile, "b", "c", "d"), title=hostile))
    assert page.count("<script") == 2 and page.count("</script>") == 2
    assert "<!--" not in page and "\u2028" not in page[page.index('id="data"') :]
    assert page.count("<title>") == 1


def test_axes_that_are_equal_are_held_once():
    one = viewed(VALUES)
    example = one.examples[0]
    twice = replace(one, examples=(replace(example, maps=example.maps * 2),))
    assert len(json.loads(payload(twice))["examples"][0]["axes"]) == 2


def test_maps_beyond_the_budget_are_left_out_and_counted():
    rng = np.random.default_rng(0)
    one = viewed(rng.random((4, 2, 4)))
    example = one.examples[0]
    many = replace(one, examples=tuple(replace(example, id=str(i)) for i in range(5)))
    whole = json.loads(payload(many))
    size = len(whole["examples"][0]["maps"][0]["chunk"])
    cut = json.loads(payload(many, budget=2 * size))
    assert cut["left_out"] == 3
    assert [len(each["maps"]) for each in cut["examples"]] == [1, 1, 0, 0, 0]


def test_a_map_that_does_not_fit_its_axes_is_refused():
    with pytest.raises(ArtifactError) as caught:
        payload(viewed(np.ones((1, 3, 4))))
    assert str(caught.value) == (
        "decoder.cross of example 'e': 3 rows from 0 and 4 columns; the axes have 2 and 4 entries. "
        "Give each map the axes that it was made on."
    )


def test_negative_values_of_an_unsigned_map_are_refused():
    with pytest.raises(ArtifactError) as caught:
        payload(viewed(-VALUES))
    assert str(caught.value) == (
        "decoder.cross of example 'e': holds the negative value -1; expected none, or a map that "
        "says it is signed."
    )


def test_an_axis_with_a_text_too_many_is_refused():
    one = viewed(VALUES)
    example = replace(one.examples[0], inputs=replace(INPUTS, n=3))
    with pytest.raises(ArtifactError) as caught:
        payload(replace(one, examples=(example,)))
    assert str(caught.value) == ("axis 'input symbol': 4 texts for 3 entries; give one for each.")


def test_numbers_of_tables_that_are_not_finite_are_held_as_none():
    table = ViewedTable("t", ("a", "b"), (("x", float("nan")), ("y", 1.5)))
    held = json.loads(payload(replace(viewed(VALUES), tables=(table,))))
    assert held["tables"][0]["rows"] == [["x", None], ["y", 1.5]]


def test_an_example_without_maps_and_a_page_without_examples_can_be_written(tmp_path):
    one = viewed(VALUES)
    bare = replace(one, examples=(replace(one.examples[0], maps=()),))
    for each in (bare, replace(one, examples=())):
        n_bytes = write_page(tmp_path / "page.html", each)
        assert (tmp_path / "page.html").stat().st_size == n_bytes


def test_outputs_are_held_beside_the_inputs():
    axes = json.loads(payload(viewed(VALUES)))["examples"][0]["axes"]
    assert [axis["side"] for axis in axes] == [INPUTS.side, OUTPUTS.side]


@pytest.mark.slow
def test_twelve_layers_of_twelve_heads_of_128_tokens_stay_below_two_and_a_half_megabytes():
    rng = np.random.default_rng(0)
    texts = tuple(f"w{i}" for i in range(128))
    inputs = replace(INPUTS, n=128, texts=texts)
    one = viewed(VALUES).examples[0].maps[0]
    maps = []
    for layer in range(12):
        scores = np.exp(2 * rng.normal(size=(12, 128, 128)))
        shares = (scores / scores.sum(axis=2, keepdims=True)).astype(np.float32)
        maps.append(replace(one, layer=layer, values=shares, rows=inputs, columns=inputs))
    example = replace(viewed(VALUES).examples[0], inputs=inputs, maps=tuple(maps))
    page = page_of(replace(viewed(VALUES), examples=(example,)))
    assert len(page) <= 2_500_000
    assert json.loads(re.search(r'id="data">(.*?)</script>', page)[1])["left_out"] == 0
