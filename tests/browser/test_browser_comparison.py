"""What a reader sees first of two families, and what else the page has about them."""

import numpy as np
import pytest

from comparison_scenes import family
from seqarena.attribution.comparison.family_pairs import compare_families
from seqarena.attribution.comparison.pair_page import pair_page, pair_report
from seqarena.attribution.viewer.page import page_of

pytestmark = pytest.mark.slow


@pytest.fixture
def page(opened):
    rng = np.random.default_rng(1)
    report = pair_report(compare_families([family("gru", 1, rng), family("hmm", 3, rng)]))
    return opened(page_of(pair_page(report)))


def test_both_families_and_their_difference_stand_side_by_side(page):
    captions = page.locator("#panels figure:visible figcaption").all_inner_texts()
    assert [caption.split(" · ")[0] for caption in captions[:2]] == ["Effect gru", "Effect hmm"]
    assert captions[2].startswith("Difference")


def test_the_scores_of_the_rows_can_be_chosen(page):
    page.select_option("#map", label="divergence: how far apart maps are at each output")
    page.wait_for_selector("html[data-rendered=yes]")
    caption = page.inner_text("#panels figcaption >> nth=0")
    assert caption.startswith("Score divergence")


def test_the_verdict_and_the_afterthought_are_in_plain_view(page):
    text = page.inner_text("#tables")
    assert "No p-value of so few fits is below 0.1: no verdict." in text
    assert "Picked after the fact" in text
