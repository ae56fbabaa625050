"""What a suite says of itself before it is run."""

from pathlib import Path

import pytest

from seqarena.data.published.pictures import MNIST
from seqarena.errors import DataError
from seqarena.experiment.suites import AboutSuite, SuiteCard
from seqarena.parsing import parse
from seqarena.tasks.config import TaskConfig

SOURCES = {
    "lagged": {"kind": "lagged_markov_source"},
    "rows": {"kind": "mnist"},
    "cluttered": {"kind": "cluttered_digits", "digits": "mnist"},
    "vowels": {"kind": "japanese_vowels"},
    "reviews": {"kind": "movie_reviews"},
}


def card(*tasks: str) -> SuiteCard:
    parsed = {
        name: parse(
            TaskConfig,
            {
                "kind": "density" if name == "lagged" else "classification",
                "source": SOURCES[name],
            },
            name,
        )
        for name in tasks
    }
    about = AboutSuite(title="All of it.", minutes=3)
    return SuiteCard("small", about, parsed, n_fits=2 * len(tasks))


def test_a_suite_names_each_data_set_that_it_needs_once_with_its_terms_and_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in MNIST.files:
        path = tmp_path / MNIST.folder / file.path
        path.parent.mkdir(exist_ok=True)
        path.touch()
    monkeypatch.setenv("SEQARENA_MIRROR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert card("lagged", "rows", "cluttered", "vowels", "reviews").describe() == (
        "small: All of it.\n"
        "  tasks: lagged, rows, cluttered, vowels, reviews\n"
        "  needs mnist: 11.3 MB, unclear: none is stated, here (mirror)\n"
        "  needs movie_reviews: 4.0 MB, CC BY 4.0, not here\n"
        "  10 fits; an estimate: 3 min on two cores without a GPU"
    )


def test_a_suite_of_sources_that_are_always_here_needs_nothing() -> None:
    assert card("lagged", "vowels").needs == []


def test_a_suite_stops_before_anything_runs_and_tells_all_that_is_missing(monkeypatch) -> None:
    monkeypatch.delenv("SEQARENA_MIRROR", raising=False)
    with pytest.raises(DataError) as error:
        card("rows", "reviews", "vowels").refuse_missing()
    assert str(error.value) == (
        "suite small: 2 published data sets are not here. Fetch them:\n"
        "  seqarena data fetch mnist\n"
        "  seqarena data fetch movie_reviews\n"
        "or set SEQARENA_MIRROR to a folder that holds them."
    )
    card("lagged", "vowels").refuse_missing()
