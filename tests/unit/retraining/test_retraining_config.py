import pytest
from ruamel.yaml import YAML

from seqarena.errors import ConfigError
from seqarena.retraining.config import check_retraining, read_retraining

PARAMS = {
    "tasks": {"reviews": {}, "moves": {}},
    "experiments": {
        "reviews-gru": {"task": "reviews", "family": "gru"},
        "moves-gru": {"task": "moves", "family": "gru"},
    },
    "retraining": {"reviews": {"experiments": ["reviews-gru"]}},
}


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(**entry):
        params = {**PARAMS, "retraining": {"reviews": {**PARAMS["retraining"]["reviews"], **entry}}}
        with (tmp_path / "params.yaml").open("w") as file:
            YAML(typ="safe").dump(params, file)

    return write


def test_an_entry_is_named_as_its_task_and_its_model(written):
    written()
    config = read_retraining("reviews")
    assert (config.task, config.registered_model) == ("reviews", "reviews")
    assert check_retraining() == 1


def test_what_it_names_must_be_there(written):
    written(experiments=["reviews-gru", "reviews-gr"], task="review", imports=["reviews.dvc"])
    with pytest.raises(ConfigError) as caught:
        read_retraining("reviews")
    assert caught.value.mistakes == [
        "retraining.reviews.task: no 'review'; did you mean 'reviews'?",
        "retraining.reviews.experiments: 'reviews-gru' is on task 'reviews', not 'review'.",
        "retraining.reviews.experiments: no 'reviews-gr'; did you mean 'reviews-gru'?",
        "retraining.reviews.imports: 'reviews.dvc' is no file of DVC here; name what `dvc "
        "import-url` wrote.",
    ]


def test_an_experiment_of_another_task_is_refused(written):
    written(experiments=["moves-gru"])
    with pytest.raises(ConfigError, match="'moves-gru' is on task 'moves', not 'reviews'"):
        read_retraining("reviews")


def test_an_unknown_knob_is_named_with_the_nearest(written):
    written(gate={"min_gian": 0.1})
    with pytest.raises(ConfigError, match=r"gate.min_gian: unknown; did you mean 'min_gain'"):
        check_retraining()


def test_a_name_that_is_not_there_is_told_with_the_nearest(written):
    written()
    with pytest.raises(ConfigError, match=r"retraining.review: not there; did you mean 'reviews'"):
        read_retraining("review")
