from pathlib import Path

from seqarena.attribution.viewer.viewed import WARNING
from seqarena.reporting.sheets.looking import ABOUT_NUMBERS
from seqarena.wording import CONTESTED, counted

DOCS = Path(__file__).parents[2] / "docs"


def test_one_is_one_and_all_other_numbers_are_many():
    numbers = (0, 1, 2, 1200)
    assert [counted(n, "seed") for n in numbers] == ["0 seeds", "1 seed", "2 seeds", "1,200 seeds"]


def test_every_page_that_shows_weights_says_what_they_do_not_explain():
    for text in (WARNING, ABOUT_NUMBERS):
        assert CONTESTED in text
    for page in ("attention.md", "how-to/diagnostics.md"):
        lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
        quoted = " ".join(line.removeprefix("> ") for line in lines if line.startswith("> "))
        assert CONTESTED in quoted
