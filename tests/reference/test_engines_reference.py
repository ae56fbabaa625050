"""Two engines, one objective: same start, same number of steps, same log-likelihood."""

import pytest

from classical_scenes import random_counts, random_frames, random_tokens, setting
from seqarena.batch import collate_all
from seqarena.families.classical import build_classical
from seqarena.families.gaussian_mixture_config import GaussianMixtureConfig
from seqarena.families.hidden_markov import HiddenMarkovConfig
from seqarena.schema import DataSchema
from seqarena.seeds import torch_generator

FRAMES = DataSchema("density", dim=2)
COUNTS = DataSchema("density", dim=2, frame_kind="count")
CLASSES = DataSchema("classification", dim=2, n_classes=2)


def hmm(**knobs):
    return HiddenMarkovConfig(kind="hidden_markov", n_states=3, **knobs)


def gmm(**knobs):
    return GaussianMixtureConfig(kind="gaussian_mixture", n_components=3, **knobs)


# A floor of half the variance binds at once; one of a millionth never does.
CASES = [
    ("hmmlearn", hmm, DataSchema("density", n_symbols=4), {}),
    ("hmmlearn", hmm, DataSchema("density", n_symbols=4), {"topology": "left_to_right"}),
    ("hmmlearn", hmm, FRAMES, {"variance_floor": 1e-6}),
    ("hmmlearn", hmm, FRAMES, {"variance_floor": 0.5}),
    ("hmmlearn", hmm, FRAMES, {"covariance": "full", "variance_floor": 0.5}),
    ("hmmlearn", hmm, FRAMES, {"covariance": "spherical", "variance_floor": 1e-6}),
    ("hmmlearn", hmm, FRAMES, {"covariance": "tied"}),
    ("hmmlearn", hmm, FRAMES, {"topology": "banded", "forbidden_moves": [[1, 1]]}),
    ("hmmlearn", hmm, FRAMES, {"n_components": 2, "variance_floor": 1e-6}),
    ("hmmlearn", hmm, FRAMES, {"n_components": 3, "covariance": "spherical"}),
    ("hmmlearn", hmm, FRAMES, {"n_components": 2, "covariance": "full", "variance_floor": 0.5}),
    ("hmmlearn", hmm, COUNTS, {"pseudo_count": 0.0}),
    ("hmmlearn", hmm, CLASSES, {}),
    ("scikit-learn", gmm, FRAMES, {"variance_floor": 1e-6}),
    ("scikit-learn", gmm, FRAMES, {"variance_floor": 0.5}),
    ("scikit-learn", gmm, FRAMES, {"covariance": "full", "variance_floor": 0.5}),
    ("scikit-learn", gmm, FRAMES, {"covariance": "spherical", "variance_floor": 0.5}),
    ("scikit-learn", gmm, FRAMES, {"covariance": "tied", "variance_floor": 0.5}),
    ("scikit-learn", gmm, FRAMES, {"covariance": "tied", "variance_floor": 1e-6}),
    ("scikit-learn", gmm, CLASSES, {"covariance": "full", "start": "random", "deltas": 1}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "config", "schema", "knobs"), CASES)
def test_engines_agree_after_the_same_steps_from_the_same_start(
    engine, config, schema, knobs, tmp_path
):
    labels = [0, 1] * 12 if schema.n_classes else None
    make = random_tokens if schema.dim is None else random_frames
    make = random_counts if schema.frame_kind == "count" else make
    train, valid = make(24, seed=1, labels=labels), make(6, seed=2, labels=labels and labels[:6])
    scores = []
    for index, which in enumerate(("seqarena", engine)):
        family = build_classical(config(engine=which, **knobs), schema, torch_generator(0))
        training = setting(tmp_path / str(index), max_em_epochs=4, em_tolerance=0.0)
        report = family.fit(train, train, training)
        scores.append(family.log_prob(collate_all(valid)).sum().item())
        assert report.n_epochs == 4
        assert (report.stop_reason == "engine") == (which == engine)
    assert scores[0] == pytest.approx(scores[1], rel=1e-6)
