"""What a reader does on the report's page, with a mouse and without one."""

import re

import pytest
from hostile_texts import hostile_texts
from report_scenes import hostile_page, report_page

MAIN = "#task-1 table.main"


@pytest.fixture
def page(opened):
    return opened(report_page())


def column(page, index) -> list[str]:
    return page.locator(f"{MAIN} tbody tr > :nth-child({index})").all_inner_texts()


def shown(page, task, key) -> list[bool]:
    """Whether a series is in view, in each chart of a task that has it."""
    groups = page.locator(f"#task-{task} .series[data-series='{key}']")
    return [group.is_visible() for group in groups.all()]


def test_a_click_on_a_name_sorts_and_another_turns_it_and_what_is_missing_stays_last(page):
    assert column(page, 1)[:4] == ["hmm", "lstm", "gru", "failed"]
    page.click(f"{MAIN} th button:text('bits per symbol')")
    header = page.locator(f"{MAIN} th:has(button:text('bits per symbol'))")
    assert header.get_attribute("aria-sort") == "ascending"
    assert column(page, 1) == ["floor", "hmm", "lstm", "gru", "uniform", "failed"]
    page.click(f"{MAIN} th button:text('bits per symbol')")
    assert header.get_attribute("aria-sort") == "descending"
    assert column(page, 1) == ["uniform", "gru", "lstm", "hmm", "floor", "failed"]


def test_a_table_is_sorted_by_keys_alone(page):
    page.focus(f"{MAIN} th button:text('experiment')")
    page.keyboard.press("Enter")
    assert column(page, 1) == ["failed", "floor", "gru", "hmm", "lstm", "uniform"]
    page.keyboard.press("Space")
    assert column(page, 1)[0] == "uniform"
    assert page.locator(f"{MAIN} th[aria-sort]").count() == 1


def test_the_legend_switches_an_experiment_in_all_plots_of_its_task_and_no_other(page):
    assert all(shown(page, 1, "source-gru")) and len(shown(page, 1, "source-gru")) >= 6
    button = page.locator("#task-1 .legend button[data-series='source-gru']")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    assert not any(shown(page, 1, "source-gru"))
    assert all(shown(page, 1, "source-hmm")) and all(shown(page, 2, "digits-gru"))
    page.click("#task-1 .legend .reset")
    assert all(shown(page, 1, "source-gru"))


def test_the_list_of_families_filters_tables_plots_and_legends_of_every_task(page):
    page.uncheck(".families input[value='gru']")
    assert not any(shown(page, 1, "source-gru") + shown(page, 2, "digits-gru"))
    assert page.is_hidden(f"{MAIN} tr[data-series='source-gru']")
    assert page.is_hidden("#task-2 .legend button[data-series='digits-gru']")
    assert page.is_visible(f"{MAIN} tr[data-series='source-lstm']")
    page.click(".families button:text('none')")
    assert page.locator(f"{MAIN} tbody tr:visible").count() == 2  # floor and uniform
    page.click(".families button:text('all')")
    assert all(shown(page, 1, "source-gru"))


def test_the_pointer_is_told_the_nearest_value(page):
    mark = page.locator("#task-1 .plots .series[data-series='source-lstm'] .mark").first
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2 + 3, box["y"] + box["height"] / 2)
    assert page.inner_text("#tip") == "lstm: bits per symbol 1.725 ± 0.318"
    page.mouse.move(2, 2)
    assert page.is_hidden("#tip")


def test_arrows_go_through_the_values_of_a_plot_and_skip_what_is_switched_off(page):
    page.click("#task-1 .legend button[data-series='source-hmm']")
    chart = page.locator("#task-1 svg.chart").first
    chart.focus()
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#tip").startswith("lstm:")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#tip").startswith("gru:")
    page.keyboard.press("Escape")
    assert page.is_hidden("#tip")


def test_a_line_tells_each_of_its_values(page):
    figure = page.locator("#task-1 figure.plot", has_text="Validation loss by epoch")
    figure.locator("svg.chart").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert page.inner_text("#tip") == "hmm, seed 0 (lowest 1.750): 2 at 2"


def test_runs_become_links_below_the_address_that_is_typed_and_nothing_is_asked(page):
    link = page.locator("a[data-path='#/runs/abc123']")
    assert link.get_attribute("href") is None and not link.is_visible()
    page.fill("#server", "http://localhost:5000/")
    assert link.get_attribute("href") == "http://localhost:5000/#/runs/abc123"
    compare = page.locator("#task-1 p.runs a")
    assert compare.get_attribute("href").startswith("http://localhost:5000/#/experiments/7/")
    page.reload()
    page.wait_for_selector("html[data-rendered=yes]")
    assert page.input_value("#server") == "http://localhost:5000/"
    assert link.is_visible()
    page.fill("#server", "javascript:alert(1)")
    assert link.get_attribute("href") is None


@pytest.mark.parametrize("width", [390, 1400])
def test_it_is_as_wide_as_the_window_and_no_wider(opened, width):
    page = opened(report_page(), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for plot in page.locator("figure.plot").all():
        box = plot.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_it_follows_the_scheme_of_the_system(opened, scheme, is_dark):
    page = opened(report_page(), scheme=scheme)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    ink = page.evaluate("getComputedStyle(document.querySelector('svg.chart text')).fill")
    lightest = [max(map(int, re.findall(r"\d+", colour)[:3])) for colour in (ground, ink)]
    assert (lightest[0] < 60) is is_dark and (lightest[1] > 120) is is_dark


def test_it_prints_on_paper_in_light_colours(opened):
    page = opened(report_page(), scheme="dark")
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.is_hidden("aside")


def test_hostile_names_are_text_and_nobody_is_called(browser, tmp_path, listener):
    address, calls = listener
    texts = hostile_texts(address)
    (tmp_path / "page.html").write_text(hostile_page(texts), encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector("html[data-rendered=yes]")
    page.focus("svg.chart >> nth=0")
    for _ in range(len(texts)):
        page.keyboard.press("ArrowRight")
    for button in page.locator(".legend button").all():
        button.click()
    page.click(".families button:text('none')")
    page.wait_for_timeout(300)
    assert calls == []
    assert page.title() == "seqarena: comparison"
    assert page.evaluate("document.scripts.length") == 1
    assert page.locator("h2").nth(1).inner_text() == texts[0]
    assert page.evaluate("document.querySelectorAll('img, link, iframe').length") == 0
    context.close()
