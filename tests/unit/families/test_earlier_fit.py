from dataclasses import dataclass, replace

import pytest
import torch
from torch.testing import assert_close

from classical_scenes import random_frames, random_tokens, setting
from seqarena.batch import collate_all
from seqarena.errors import ConfigError
from seqarena.families.catalogue import build_family, parse_family
from seqarena.families.earlier_fit import begin_from, start_obstacle
from seqarena.families.store import save_family
from seqarena.schema import DataSchema

FRAMES = DataSchema("density", dim=2, max_length=9)
TOKENS = DataSchema("density", n_symbols=4, max_length=9)
MIXTURE = {"kind": "gaussian_mixture", "n_components": 3}
HIDDEN = {"kind": "hidden_markov", "n_states": 3}
LABELLED = DataSchema("classification", dim=2, n_classes=2, max_length=9)


@dataclass(frozen=True)
class Names:
    symbols: tuple[str, ...] | None = None
    target_symbols: tuple[str, ...] | None = None
    class_names: tuple[str, ...] | None = None
    tag_names: tuple[str, ...] | None = None


def family_of(raw, schema, seed=0):
    return build_family(parse_family(raw, "family"), schema, seed)


def labelled(n, seed):
    return replace(random_frames(n, seed=seed), labels=torch.arange(n).numpy() % 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("raw", "schema", "data"),
    [
        (MIXTURE, FRAMES, random_frames),
        (HIDDEN, FRAMES, random_frames),
        (HIDDEN, TOKENS, random_tokens),
        (MIXTURE, LABELLED, labelled),
    ],
)
def test_em_goes_on_from_the_earlier_parameters_and_never_below_them(tmp_path, raw, schema, data):
    old, new = data(30, seed=0), data(40, seed=1)
    family = family_of(raw, schema)
    family.fit(old, old, setting(tmp_path / "old", max_em_epochs=5))
    assert bool(family.fitted)
    start = family.expect(collate_all(new)).log_likelihood
    again = family_of(raw, schema)
    again.load_state_dict(family.state_dict())
    once = replace(setting(tmp_path / "new", max_em_epochs=1), goes_on=True)
    report = again.fit(new, new, once)
    # What a report calls the training loss is that of the last E-step: here of the start itself.
    assert report.train_loss == pytest.approx(-float(start) / int(new.n_scored.sum()), rel=1e-6)
    assert float(again.expect(collate_all(new)).log_likelihood) >= float(start)


@pytest.mark.slow
def test_a_network_goes_on_with_its_parameters_and_its_standardisation(tmp_path):
    raw = {"kind": "gru", "model_dim": 8, "optimiser": {"learning_rate": 1e-9, "warmup_steps": 0}}
    family = family_of(raw, LABELLED)
    old, new = labelled(16, seed=0), labelled(16, seed=1)
    family.fit(old, old, setting(tmp_path / "old", max_epochs=1))
    before = {name: value.clone() for name, value in family.state_dict().items()}
    family.fit(new, new, replace(setting(tmp_path / "new", max_epochs=1), goes_on=True))
    after = family.state_dict()
    for name, value in before.items():
        assert_close(after[name], value, atol=1e-6, rtol=0)
    family.fit(new, new, setting(tmp_path / "anew", max_epochs=1))
    assert not torch.allclose(family.network.inputs.mean, before["network.inputs.mean"])


def stored(tmp_path, raw, schema):
    family = family_of(raw, schema)
    save_family(tmp_path, family, parse_family(raw, "family"), schema, {})
    return family


def test_parameters_are_those_of_the_earlier_fit(tmp_path):
    earlier = stored(tmp_path, {"kind": "gru", "model_dim": 8}, TOKENS)
    family = family_of({"kind": "gru", "model_dim": 8}, TOKENS, seed=1)
    begin_from(family, tmp_path, Names(), Names())
    for name, value in earlier.state_dict().items():
        assert torch.equal(family.state_dict()[name], value)


def test_other_names_are_other_parameters(tmp_path):
    stored(tmp_path, {"kind": "gru", "model_dim": 8}, TOKENS)
    family = family_of({"kind": "gru", "model_dim": 8}, TOKENS)
    with pytest.raises(ConfigError, match="the symbols changed, so its parameters stand for"):
        begin_from(family, tmp_path, Names(("a", "b")), Names(("b", "a")))


def test_other_shapes_are_refused(tmp_path):
    stored(tmp_path, {"kind": "gru", "model_dim": 8}, TOKENS)
    family = family_of({"kind": "gru", "model_dim": 16}, TOKENS)
    with pytest.raises(ConfigError, match="parameters of other names or shapes"):
        begin_from(family, tmp_path, Names(), Names())


@pytest.mark.parametrize(
    ("raw", "kind", "obstacle"),
    [
        ({"kind": "gru"}, "density", None),
        ({"kind": "transformer"}, "density", None),
        (MIXTURE, "classification", None),
        (HIDDEN, "density", None),
        ({**HIDDEN, "n_restarts": 2}, "density", "several starts"),
        ({**HIDDEN, "stepwise": {}}, "density", "is fitted stepwise"),
        ({**HIDDEN, "engine": "hmmlearn"}, "density", "is fitted by hmmlearn"),
        (HIDDEN, "tagging", "is fitted exactly"),
        ({"kind": "markov_chain"}, "density", "is fitted exactly"),
        ({"kind": "aligner", "model": "ibm_1"}, "alignment", "through a sequence of models"),
    ],
)
def test_each_family_says_whether_a_start_has_a_meaning(raw, kind, obstacle):
    found = start_obstacle(parse_family(raw, "family"), kind)
    assert (found is None) == (obstacle is None)
    assert obstacle is None or obstacle in str(found)
