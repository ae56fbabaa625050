"""What a reader sees and does on the page, with a mouse and without one."""

import csv
import io

import numpy as np
import pytest
from browser_scenes import DATE, WORDS, cross, dates_page, influence_of, settle, two_runs

from seqarena.attribution.viewer.page import page_of

CANVAS = "#panels canvas >> nth=0"


def chosen(page) -> str:
    return page.inner_text("#readout .pair")


def value(page, place="#readout") -> float:
    text = page.inner_text(f"{place} dd >> nth=0")
    return float(text.split()[0].replace("−", "-"))


def focus(page):
    page.focus(CANVAS)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
        settle(page)


def test_the_page_shows_the_warning_the_facts_and_the_table(opened):
    page = opened(dates_page())
    assert "do not explain a prediction" in page.inner_text("header")
    page.click("#facts summary")
    assert page.inner_text("#facts dd") == "0"
    assert page.inner_text("#tables table") == "layer\tdivergence\nfirst\t0.2500"


def test_decoder_to_input_is_shown_first_and_its_last_layer(opened):
    page = opened(dates_page())
    caption = page.inner_text("#panels figcaption >> nth=0")
    assert caption == "Mechanism decoder.cross: attention weight · layer 2 · head 1 of 3"
    assert chosen(page) == "output 1 “1” → input symbol 1 “the”"
    assert value(page) == pytest.approx(cross(1)[0, 0, 0], abs=1e-4)


def test_every_cell_under_the_pointer_tells_its_number_and_a_click_keeps_it(opened):
    page = opened(dates_page())
    box = page.locator(CANVAS).bounding_box()
    seen = {}
    for y in range(10, 120, 15):
        for x in range(10, 300, 15):
            page.mouse.move(box["x"] + x, box["y"] + y)
            if page.is_visible("#tip"):
                assert "sum of row 1" in page.inner_text("#tip")
                seen[page.inner_text("#tip .pair")] = value(page, "#tip"), (x, y)
    names = [f"output {row + 1} “{text}”" for row, text in enumerate(DATE.outputs)]
    steps = [f"input symbol {column + 1} “{text}”" for column, text in enumerate(WORDS)]
    assert set(seen) == {f"{name} → {step}" for name in names for step in steps}
    told = [[seen[f"{name} → {step}"][0] for step in steps] for name in names]
    assert np.allclose(told, cross(1)[0], atol=1e-4)
    assert chosen(page) == f"{names[0]} → {steps[0]}"
    x, y = seen[f"{names[1]} → {steps[2]}"][1]
    page.click(CANVAS, position={"x": x, "y": y})
    settle(page)
    assert chosen(page) == f"{names[1]} → {steps[2]}"
    page.hover("h1")
    assert page.is_hidden("#tip")


def test_layer_and_head_are_chosen_from_lists(opened):
    page = opened(dates_page())
    page.select_option("#layer", index=0)
    page.select_option("#head", index=2)
    settle(page)
    assert "layer 1 · head 3 of 3" in page.inner_text("#panels figcaption >> nth=0")
    assert value(page) == pytest.approx(cross(0)[2, 0, 0], abs=1e-4)


def test_a_click_on_a_small_picture_opens_that_head(opened):
    page = opened(dates_page())
    page.wait_for_selector(".thumb >> nth=5")
    page.click(".thumb[data-layer='0'][data-head='1']")
    settle(page)
    assert "layer 1 · head 2 of 3" in page.inner_text("#panels figcaption >> nth=0")
    assert page.locator(".thumb[aria-pressed=true]").get_attribute("data-head") == "1"


def test_arrows_move_the_cell_and_stop_at_the_edge(opened):
    page = opened(dates_page())
    focus(page)
    press(page, "ArrowDown", "ArrowRight", "ArrowRight")
    assert chosen(page) == "output 2 “9” → input symbol 3 “oak”"
    press(page, "End", "ArrowRight", "ArrowUp", "ArrowUp")
    assert chosen(page) == "output 1 “1” → input symbol 4 “tree”"


def test_keys_turn_heads_layers_and_examples(opened):
    page = opened(dates_page())
    press(page, "]", "]", "[", "{")
    assert "layer 1 · head 2 of 3" in page.inner_text("#panels figcaption >> nth=0")
    press(page, "}", "n")
    assert page.input_value("#example") == "1"
    assert "layer 2 · head 2 of 3" in page.inner_text("#panels figcaption >> nth=0")
    press(page, "p", "p")
    assert page.input_value("#example") == "2"


def test_help_opens_and_closes_by_keys_and_the_search_takes_them_as_text(opened):
    page = opened(dates_page())
    press(page, "?")
    assert page.is_visible("#help")
    press(page, "Escape")
    assert page.is_hidden("#help")
    page.wait_for_selector("body:not(:focus-within)")
    press(page, "/", "n", "p")
    assert page.input_value("#search") == "np" and page.input_value("#example") == "0"


def test_search_finds_words_across_symbols_and_shows_where_they_stand(opened):
    page = opened(dates_page())
    page.fill("#search", "橡树")
    assert page.inner_text("#found") == "1 of 3 examples"
    page.press("#search", "Enter")
    settle(page)
    assert page.input_value("#example") == "2"
    assert "input symbol 2 “橡”" in chosen(page)
    assert page.locator("#columns-chips .found").all_inner_texts() == ["橡", "树"]
    page.fill("#search", "OLD oak")
    page.click("#results button")
    settle(page)
    assert page.input_value("#example") == "0"
    assert page.locator("#columns-chips .found").all_inner_texts() == ["old", "oak"]
    page.fill("#search", "nowhere")
    assert page.inner_text("#found") == "0 of 3 examples"


def shares_of(page, place) -> list[float]:
    """Lengths of the bars below texts, of the longest there may be."""
    lengths = "all => all.map(one => Number(one.style.getPropertyValue('--share')))"
    return page.eval_on_selector_all(f"{place} .chip", lengths)


def test_an_output_shades_the_input_and_an_input_the_outputs(opened):
    page = opened(dates_page())
    page.click("#rows-chips .chip >> nth=1")
    settle(page)
    lengths = shares_of(page, "#columns-chips")
    weights = cross(1)
    assert np.allclose(lengths, weights[0, 1] / weights.max(), atol=2e-3)
    page.click("#columns-chips .chip >> nth=3")
    settle(page)
    assert page.inner_text("#largest-title") == "Largest for input symbol 4 “tree”"
    lengths = shares_of(page, "#rows-chips")
    assert np.allclose(lengths, weights[0, :, 3] / weights.max(), atol=2e-3)


def test_texts_are_gone_through_by_keys(opened):
    page = opened(dates_page())
    page.focus("#rows-chips .at")
    press(page, "ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "9"
    press(page, "ArrowDown", "ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "old"


def test_everything_that_can_be_used_can_be_reached_without_a_mouse(opened):
    page = opened(dates_page())
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {"example", "search", "map", "layer", "head", "beside", "scale", "palette"} <= reached
    assert {"thumb", "theme", "help-open", "small", "plain"} <= reached
    assert any("chip" in each for each in reached)
    assert (
        page.evaluate("document.querySelectorAll('button:not([type=button]):not(dialog *)').length")
        == 0
    )


def test_a_mechanism_stands_beside_an_effect_without_a_difference(opened):
    page = opened(dates_page())
    page.select_option("#beside", label="influence: effect on what is predicted")
    settle(page)
    assert page.locator("#panels figure:visible").count() == 2
    assert "different kinds" in page.inner_text("#no-difference")
    assert f"beside it {influence_of(DATE).effect[0, 0]:.4f} bits" in page.inner_text("#readout")
    page.click("#rows-chips .chip >> nth=1")
    settle(page)
    lengths = shares_of(page, "#beside-chips")
    effect = influence_of(DATE).effect
    assert np.allclose(lengths, effect[1] / effect[influence_of(DATE).valid].max(), atol=2e-3)
    assert "all replaced at once" not in page.inner_text("#readout")


def test_a_place_that_cannot_be_looked_at_says_so(opened):
    page = opened(dates_page())
    page.select_option("#map", label="influence: effect on what is predicted")
    settle(page)
    focus(page)
    press(page, "End")
    assert "cannot look here" in page.inner_text("#readout")
    assert "all replaced at once" in page.inner_text("#readout")


def test_two_runs_of_one_kind_have_a_difference(opened):
    page = opened(page_of(two_runs()))
    page.select_option("#beside", label="transformer · decoder.cross: attention weight")
    settle(page)
    assert page.locator("#panels figure:visible").count() == 3
    assert page.is_hidden("#no-difference")
    with page.expect_download() as waiting:
        page.click("#panels figure:nth-child(3) button:text('CSV')")
    table = read_csv(waiting.value)
    first, second = shown_by(page, 0), shown_by(page, 1)
    assert f"difference {first[0, 0] - second[0, 0]:.4f}" in page.inner_text("#readout").replace(
        "−", "-"
    )
    assert np.allclose(table, first - second, atol=1e-5) and np.abs(table).max() > 0


def shown_by(page, index) -> np.ndarray:
    with page.expect_download() as waiting:
        page.click(f"#panels figure:nth-child({index + 1}) button:text('CSV')")
    return read_csv(waiting.value)


def read_csv(download) -> np.ndarray:
    rows = list(csv.reader(io.StringIO(download.path().read_text(encoding="utf-8"))))
    return np.array([[float(cell) for cell in row[1:]] for row in rows[1:]])


def test_numbers_and_pictures_are_saved(opened):
    page = opened(dates_page())
    assert np.allclose(shown_by(page, 0), cross(1)[0], atol=1e-4)
    with page.expect_download() as waiting:
        page.click("button:text('PNG') >> nth=0")
    assert waiting.value.path().read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as waiting:
        page.click("button:text('SVG') >> nth=0")
    drawing = waiting.value.path().read_text(encoding="utf-8")
    assert drawing.startswith("<svg ") and ">oak</text>" in drawing and "&#60;end&#62;" in drawing


def test_pictures_and_drawings_are_copied(opened):
    page = opened(dates_page())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.dblclick("button:text('Copy SVG') >> nth=0")
    page.wait_for_selector("button:text('Copied')")
    assert page.evaluate("navigator.clipboard.readText()").startswith("<svg ")
    # It says so for a moment; what is copied next is then the only one that does.
    page.wait_for_selector("button:text('Copied')", state="detached")
    page.click("button:text('Copy PNG') >> nth=0")
    page.wait_for_selector("button:text('Copied')")
    kinds = page.evaluate("navigator.clipboard.read().then((items) => items[0].types)")
    assert kinds == ["image/png"]


def test_scale_and_palette_can_be_chosen(opened):
    page = opened(dates_page())

    def colour():
        return page.evaluate(
            "getComputedStyle(document.querySelector('#columns-chips .chip')).backgroundColor"
        )

    seen = {colour()}
    for select, choice in (("#palette", "cividis"), ("#curve", "root"), ("#scale", "common")):
        page.select_option(select, value=choice)
        settle(page)
        seen.add(colour())
    assert len(seen) >= 3
