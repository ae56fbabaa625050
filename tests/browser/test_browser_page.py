"""The page as a file among strangers: hostile texts, a sandbox, either scheme, any width."""

import json
from dataclasses import replace

import numpy as np
import pytest
from browser_scenes import DATE, capture, dates, dates_page, settle
from hostile_texts import hostile_texts

from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.probes import Probe
from seqarena.attribution.viewer.of_capture import viewed_of
from seqarena.attribution.viewer.page import page_of
from seqarena.attribution.viewer.viewed import TopEntries, ViewedMap


def test_hostile_tokens_are_text_and_the_control_page_proves_the_listener(
    browser, tmp_path, listener
):
    address, calls = listener
    texts = hostile_texts(address)
    probe = Probe(0, texts[0], len(texts), texts, texts, label=texts[1])
    page_text = page_of(viewed_of(capture(probes=(probe,)), texts[2], {texts[3]: texts[4]}))
    context = browser.new_context()
    page = context.new_page()
    (tmp_path / "control.html").write_text("<title>quiet</title>" + "".join(texts))
    page.goto((tmp_path / "control.html").as_uri())
    page.wait_for_timeout(500)
    assert page.title() == "hit"
    assert {"/script", "/img", "/onerror", "/svg", "/style"} <= set(calls)
    calls.clear()
    (tmp_path / "page.html").write_text(page_text, encoding="utf-8")
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector("html[data-rendered=yes]")
    page.select_option("#beside", index=1)
    page.fill("#search", "script")
    page.hover("#panels canvas >> nth=0", position={"x": 200, "y": 60})
    page.click("#facts summary")
    page.wait_for_timeout(500)
    assert calls == []
    assert page.title() == texts[2]
    assert page.evaluate("document.scripts.length") == 2
    assert (
        page.evaluate("document.querySelectorAll('svg, link, main img:not([hidden])').length") == 0
    )
    assert page.locator("#columns-chips .chip >> nth=1").inner_text().startswith("<img src=")
    # And if one got in, it would not be run, and could call nobody.
    page.evaluate(
        """(address) => {
          const script = document.createElement("script");
          script.textContent = "document.title = 'hit'";
          document.body.append(script);
          return fetch(`${address}/fetch`).catch(() => null);
        }""",
        address,
    )
    assert page.title() == texts[2] and calls == []
    context.close()


ODD = (
    "\u202eabc",
    "\u200b",
    "\x07",
    "a\u0301",
    "\u0301",
    "",
    "\ud83d",
    "👩‍👩‍👧",
    "x" * 300,
    "\n",
    " ",
    "\u3164",
    " two words  end ",
)


def test_what_cannot_be_seen_is_spelled_out_and_long_tokens_are_cut(opened):
    probe = Probe(0, "odd", len(ODD), ODD, ("y",))
    one = ProbeMap("decoder.cross", "weights", np.full((1, 1, len(ODD)), 1 / len(ODD), np.float32))
    page = opened(page_of(viewed_of(Capture((probe,), ((one,),)), "odd")))
    shown = page.locator("#columns-chips .chip").all_text_contents()
    assert shown[:7] == ["U+202Eabc", "U+200B", "U+0007", "a\u0301", "◌\u0301", "∅", "\ufffd"]
    assert shown[8] == "x" * 39 + "…"
    assert shown[9:] == ["↵", "␣", "U+3164", "␣two words␣␣end␣"]
    directions = page.eval_on_selector_all("#columns-chips .chip", "all => all.map(one => one.dir)")
    assert set(directions) == {"auto"}


def test_texts_from_right_to_left_run_so_and_do_not_turn_their_neighbours(opened):
    page = opened(dates_page())
    page.select_option("#example", value="1")
    settle(page)
    boxes = [page.locator("#columns-chips .chip").nth(index).bounding_box() for index in range(3)]
    assert boxes[0]["x"] > boxes[1]["x"] > boxes[2]["x"]
    page.focus("#columns-chips .at")
    page.keyboard.press("ArrowLeft")
    settle(page)
    assert page.evaluate("document.activeElement.textContent") == "قديمة"
    assert page.inner_text("#readout .pair") == "output 1 “x” → input symbol 2 “قديمة”"


SANDBOX = """<!doctype html><iframe sandbox="allow-scripts" style="width:1200px;height:1400px">
</iframe><script>
const page = %s;
const address = URL.createObjectURL(new Blob([page], { type: "text/html" }));
document.querySelector("iframe").src = address;
</script>"""


def test_it_works_in_a_sandboxed_frame_of_a_blob_as_mlflow_shows_it(browser, tmp_path):
    held = json.dumps(dates_page()).replace("<", "\\u003c")
    (tmp_path / "frame.html").write_text(SANDBOX % held, encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((tmp_path / "frame.html").as_uri())
    page.wait_for_function("document.querySelector('iframe').src.startsWith('blob:')")
    frame = page.frame_locator("iframe")
    frame.locator("html[data-rendered=yes]").wait_for(timeout=10_000)
    assert page.frames[1].evaluate("window.origin") == "null"
    frame.locator("button:text('CSV')").first.click()
    assert frame.locator("#saved-text").input_value().startswith(',"1 the","2 old"')
    frame.locator("#saved-copy").click()
    frame.locator("#saved button:text('Close')").click()
    frame.locator("button:text('PNG')").first.click()
    assert frame.locator("#saved-image").evaluate("one => one.complete && one.naturalWidth > 300")
    frame.locator("#saved button:text('Close')").click()
    frame.locator("button:text('Copy SVG')").first.click()
    assert frame.locator("#saved-text").input_value().startswith("<svg ")
    assert complaints == []
    context.close()


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_it_follows_the_scheme_of_the_system_and_the_button_turns_it(opened, scheme, is_dark):
    page = opened(dates_page(), scheme=scheme)

    def ground():
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return max(int(part) for part in colour[4:-1].split(","))

    assert (ground() < 60) is is_dark
    page.click("#theme")
    assert (ground() < 60) is not is_dark


@pytest.mark.parametrize("width", [360, 1600])
def test_it_is_as_wide_as_the_window_and_no_wider(opened, width):
    page = opened(dates_page(), width=width)
    page.select_option("#beside", label="influence: effect on what is predicted")
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for index in range(2):
        canvas = page.locator("#panels canvas").nth(index).bounding_box()
        figure = page.locator("#panels figure").nth(index).bounding_box()
        assert canvas["x"] + canvas["width"] <= figure["x"] + figure["width"]


def test_it_prints_in_light_colours_and_returns(opened):
    page = opened(dates_page(), scheme="dark")
    assert page.pdf().startswith(b"%PDF")
    assert page.evaluate("document.documentElement.dataset.theme") is None


def test_ten_thousand_tokens_are_shown_in_a_window(opened):
    n = 10_000
    rng = np.random.default_rng(0)
    texts = tuple(f"w{number}" for number in range(n))
    probe = Probe(0, "long", n, texts, label="spam")
    pooling = ProbeMap("pooling", "weights", rng.dirichlet(np.ones(n), (1, 1)).astype(np.float32))
    page_data = viewed_of(Capture((probe,), ((pooling,),)), "long")
    (example,) = page_data.examples
    columns = np.tile(np.arange(32) * 300, (1, n, 1))
    kept = rng.random((1, n, 32), np.float32) / 40
    entries = TopEntries(columns, kept, 1 - kept.sum(axis=2), n)
    own = ViewedMap("encoder.self", "weights", entries, example.inputs, example.inputs)
    example = replace(example, maps=(*example.maps, own))
    page = opened(page_of(replace(page_data, examples=(example,))))
    page.select_option("#map", index=1)
    settle(page)
    page.focus("#panels canvas >> nth=0")
    page.keyboard.press("End")
    settle(page)
    assert "input symbol 10000 “w9999”" in page.inner_text("#readout .pair")
    assert "not among the largest of its row" in page.inner_text("#readout")
    assert "sum of row 1" in page.inner_text("#readout")
    page.click("#largest-rows button >> nth=0")
    settle(page)
    best = int(np.argmax(kept[0, 0])) * 300
    assert f"input symbol {best + 1} “w{best}”" in page.inner_text("#readout .pair")
    assert page.locator(".chip").count() <= 480


def test_pages_without_examples_and_examples_without_maps_say_so(opened):
    page = opened(page_of(replace(dates(), examples=())))
    assert page.inner_text("#no-map") == "This page has no examples."
    bare = replace(dates().examples[0], maps=())
    page = opened(page_of(replace(dates(), examples=(bare, dates().examples[1]))))
    assert page.inner_text("#no-map") == "This example has no map."
    page.keyboard.press("n")
    page.wait_for_selector("#no-map", state="hidden")


GRID = np.zeros((4, 4), np.float32)


def test_regions_of_a_picture_can_be_chosen_in_it(opened):
    probe = Probe(0, "digit", 4, label="7", frames=GRID, grid=(2, 2))
    one = ProbeMap(
        "pooling", "weights", np.array([[[0.1, 0.2, 0.3, 0.4]], [[1, 0, 0, 0]]], np.float32)
    )
    page = opened(page_of(viewed_of(Capture((probe,), ((one,),)), "digits")))
    assert page.is_hidden("#tokens")
    assert page.locator("#regions figcaption").all_inner_texts() == ["input", "head 1", "head 2"]
    picture = page.locator("#regions canvas").nth(1)
    size = picture.bounding_box()["width"]
    picture.click(position={"x": 0.75 * size, "y": 0.75 * size})
    assert page.inner_text("#readout .pair") == "head 1 → region 4"
    assert "0.4000" in page.inner_text("#readout")


def test_frames_of_a_film_stand_side_by_side(opened):
    film = Probe(0, "film", 12, frames=np.zeros((12, 4), np.float32), grid=(2, 2), links=((5, 0),))
    one = ProbeMap("pooling", "weights", np.full((1, 1, 12), 1 / 12, np.float32))
    page = opened(page_of(viewed_of(Capture((film,), ((one,),)), "film")))
    assert page.locator("#regions figcaption").all_inner_texts() == [
        "whole input, frame 1 of 3",
        "whole input, frame 2 of 3",
        "whole input, frame 3 of 3",
    ]


def test_sound_stands_below_its_map(opened):
    frames = np.random.default_rng(0).random((20, 13), np.float32)
    sound = Probe(0, "sound", 20, outputs=("two", "<end>"), frames=frames)
    one = ProbeMap("decoder.cross", "weights", np.full((1, 2, 20), 0.05, np.float32))
    plain = replace(sound, frames=None)
    heights = []
    for probe in (sound, plain):
        page = opened(page_of(viewed_of(Capture((probe,), ((one,),)), "sound")))
        heights.append(page.locator("#panels canvas").first.bounding_box()["height"])
    assert heights[0] > heights[1] + 60


def test_gold_is_said_in_words_too(opened):
    page = opened(page_of(viewed_of(capture(probes=(DATE,)), "dates")))
    assert "where the output comes from" in page.inner_text("#panels figure >> nth=0")
