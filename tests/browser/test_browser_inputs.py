"""Maps over the input itself: regions of a picture, frames of speech, and links of words."""

from dataclasses import replace

import numpy as np
from browser_scenes import DATE, influence_of, settle, shares

from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.probes import Probe
from seqarena.attribution.viewer.of_capture import beside, viewed_of
from seqarena.attribution.viewer.page import page_of
from seqarena.data.spectra import SpectrumAxis

FRAMES = np.random.default_rng(0).random((12, 4)).astype(np.float32)
PICTURE = Probe(0, "three", 12, label="3", frames=FRAMES, grid=(3, 4))
SPEECH = Probe(0, "seven", 12, label="7", frames=FRAMES)


def page_about(probe, values):
    one = ProbeMap("pooling", "weights", values)
    effect = InfluenceMap(values[0] / 2, values[0] - 0.1, whole=values[0].sum(axis=1))
    return page_of(viewed_of(Capture((probe,), ((one,),), (effect,)), "page"))


def top_of(page, selector) -> float:
    return page.locator(selector).first.bounding_box()["y"]


def test_the_picture_with_the_map_over_it_stands_above_the_heat_map(opened):
    page = opened(page_about(PICTURE, shares(1, 1, 1, 12)))
    assert page.is_visible("#regions") and page.is_hidden("#strips")
    assert top_of(page, "#regions-shown canvas") < top_of(page, "#panels canvas")
    captions = page.locator("#regions-shown figcaption").all_inner_texts()
    assert captions == ["input", "pooling, whole input", "influence, label “3”"]


def test_speech_has_its_frames_with_the_row_over_them_and_a_click_chooses_a_frame(opened):
    page = opened(page_about(SPEECH, shares(1, 1, 1, 12)))
    assert page.is_visible("#strips") and page.is_hidden("#regions")
    assert top_of(page, "#strips-shown canvas") < top_of(page, "#panels canvas")
    captions = page.locator("#strips-shown figcaption").all_inner_texts()
    assert captions == ["pooling · whole input", "influence · label “7”"]
    box = page.locator("#strips-shown canvas >> nth=0").bounding_box()
    page.click("#strips-shown canvas >> nth=0", position={"x": box["width"] * 7.5 / 12, "y": 20})
    settle(page)
    assert "input frame 8" in page.inner_text("#readout .pair")


def test_sound_is_shown_as_its_spectrogram_loud_is_dark_and_low_is_below(opened):
    levels = np.full((12, 8), -60.0, np.float32)
    levels[3, 1] = 0.0
    axis = SpectrumAxis("log-mel spectrogram", 60.0, 4000.0, "mel")
    heard = replace(SPEECH, spectrum=levels, spectrum_axis=axis)
    page = opened(page_about(heard, np.zeros((1, 1, 12), np.float32)))
    captions = page.locator("#strips-shown figcaption").all_inner_texts()
    assert captions[0] == (
        "pooling · whole input · over the log-mel spectrogram, 60 Hz to 4 kHz upwards (mel), "
        "dark is loud"
    )
    # The cell of frame 4 and band 2 of 8 from below, and the same band of frame 9.
    loud, silent = page.evaluate(
        """() => {
          const canvas = document.querySelector("#strips-shown canvas");
          const pen = canvas.getContext("2d");
          const y = Math.floor((6.5 / 8) * canvas.height * (120 / 160));
          const columns = [3.5 / 12, 8.5 / 12].map((share) => Math.floor(share * canvas.width));
          const { data } = pen.getImageData(0, y, canvas.width, 1);
          return columns.map((x) => data[4 * x]);
        }"""
    )
    assert loud < 100 < 200 < silent


def test_the_larger_a_share_of_a_frame_the_higher_its_bar(opened):
    values = np.zeros((1, 1, 12), np.float32)
    values[0, 0, [2, 9]] = 0.75, 0.25
    page = opened(page_about(SPEECH, values))
    heights = page.evaluate(
        """() => {
          const canvas = document.querySelector("#strips-shown canvas");
          const pen = canvas.getContext("2d");
          const size = canvas.width / 12;
          const whole = pen.getImageData(0, 0, canvas.width, canvas.height).data;
          return Array.from({ length: 12 }, (_, column) => {
            const x = Math.floor((column + 0.5) * size);
            const isFilled = (y) => whole[4 * (y * canvas.width + x) + 3] > 0;
            let high = 0;
            while (high < canvas.height / 5 && isFilled(canvas.height - 1 - high)) {
              high += 1;
            }
            return high;
          });
        }"""
    )
    assert heights[2] > 2.5 * heights[9] > 0
    assert [high for column, high in enumerate(heights) if column not in (2, 9)] == [0] * 10


def test_posteriors_of_links_open_beside_the_attention_of_another_family(opened):
    rows = shares(3, 1, 3, 4)

    def shown(name, kind, run):
        one = ProbeMap(name, kind, rows)
        return viewed_of(Capture((DATE,), ((one,),), (influence_of(DATE),)), "", run=run)

    both = beside(
        shown("target.cross", "posterior", "hmm"), shown("decoder.cross", "weights", "gru"), "Two"
    )
    page = opened(page_of(both))
    captions = page.locator("#panels figure:visible figcaption").all_inner_texts()
    assert [caption.split(":")[0] for caption in captions] == [
        "Mechanism hmm · target.cross",
        "Mechanism gru · decoder.cross",
    ]
    assert "different kinds" in page.inner_text("#no-difference")
