"""What holds for every family that params.yaml can name, on every kind of task that it can do."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seqarena.attention.maps import HasNativeMaps
from seqarena.attribution.capture import Capture, capture_maps
from seqarena.attribution.diagnostics.diagnose import diagnose
from seqarena.attribution.probe_set import ProbeSet
from seqarena.attribution.probes import Probe
from seqarena.batch import collate_all
from seqarena.errors import ArtifactError
from seqarena.evaluation.mode import evaluation_mode
from seqarena.experiment.contract_case import fitted_case
from seqarena.experiment.contract_data import contract_data
from seqarena.experiment.family_contract import (
    answers_as_its_task_asks,
    ignores_padding_and_company,
    is_a_function_of_its_seed,
    never_looks_ahead,
    ranks_what_it_would_append,
    refuses_before_fitting,
    reports_what_it_cost,
    shares_one_among_labels,
    shares_one_among_sequences,
    shares_one_among_tags,
    survives_the_store,
    tags_the_same_in_company,
)
from seqarena.experiment.predictive_contract import (
    expects_the_same_from_any_step,
    expects_what_it_scores,
    shares_one_among_choices,
)
from seqarena.families.catalogue import FamilyConfig
from seqarena.families.copy_source import CopySourceConfig
from seqarena.families.most_frequent_class import MostFrequentClassConfig
from seqarena.families.most_frequent_tag import MostFrequentTagConfig
from seqarena.families.nearest_neighbour import NearestNeighbourConfig
from seqarena.families.predictive import output_kind
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.store import CONFIG_FILE, MODEL_FILE, load_family, save_family
from seqarena.parsing import parse
from seqarena.tasks.diagnostics import DiagnosticsConfig

N_SYMBOLS = 3
SMALL = {"model_dim": 8}
TRANSFORMER = {"kind": "transformer", "n_layers": 1, "n_heads": 2, **SMALL}
FAMILIES = {
    "markov_chain": {"kind": "markov_chain", "order": 2, "n_codes": 4},
    "markov_chain-popularity": {"kind": "markov_chain", "order": 0},
    "markov_chain-order_0": {"kind": "markov_chain", "order": 0, "smoothing": "additive"},
    "markov_chain-additive": {"kind": "markov_chain", "order": 1, "smoothing": "additive"},
    "markov_chain-maximum_likelihood": {
        "kind": "markov_chain",
        "order": 2,
        "smoothing": "maximum_likelihood",
    },
    "markov_chain-kneser_ney": {"kind": "markov_chain", "order": 3, "smoothing": "kneser_ney"},
    "markov_chain-pruned": {
        "kind": "markov_chain",
        "order": 4,
        "smoothing": "kneser_ney",
        "min_count": 2,
    },
    "hidden_markov": {"kind": "hidden_markov", "n_states": 2},
    "hidden_markov-left_to_right": {
        "kind": "hidden_markov",
        "n_states": 2,
        "topology": "left_to_right",
    },
    "hidden_markov-banded": {
        "kind": "hidden_markov",
        "n_states": 3,
        "topology": "banded",
        "forbidden_moves": [[0, 0]],
        "n_restarts": 2,
    },
    "hidden_markov-mixture": {
        "kind": "hidden_markov",
        "n_states": 2,
        "n_components": 2,
        "covariance": "full",
    },
    "hidden_markov-bernoulli": {"kind": "hidden_markov", "n_states": 2, "emission": "bernoulli"},
    "hidden_markov-poisson": {
        "kind": "hidden_markov",
        "n_states": 2,
        "emission": "poisson",
        "n_components": 2,
    },
    "hidden_markov-hmmlearn": {"kind": "hidden_markov", "n_states": 2, "engine": "hmmlearn"},
    "hidden_markov-stepwise": {
        "kind": "hidden_markov",
        "n_states": 2,
        "stepwise": {"sequences_per_update": 5},
    },
    "gaussian_mixture": {"kind": "gaussian_mixture", "n_components": 2},
    "gaussian_mixture-stepwise": {
        "kind": "gaussian_mixture",
        "n_components": 2,
        "stepwise": {"sequences_per_update": 5},
    },
    "gaussian_mixture-full": {
        "kind": "gaussian_mixture",
        "n_components": 2,
        "covariance": "full",
    },
    "gaussian_mixture-spherical": {
        "kind": "gaussian_mixture",
        "n_components": 2,
        "covariance": "spherical",
        "start": "random",
    },
    "gaussian_mixture-tied": {
        "kind": "gaussian_mixture",
        "n_components": 2,
        "covariance": "tied",
        "precision": "float64",
    },
    "gaussian_mixture-deltas": {"kind": "gaussian_mixture", "n_components": 2, "deltas": 2},
    "gaussian_mixture-scikit-learn": {
        "kind": "gaussian_mixture",
        "n_components": 2,
        "engine": "scikit-learn",
    },
    "hidden_markov-viterbi": {"kind": "hidden_markov", "tag_decoding": "viterbi"},
    "most_frequent_tag": {"kind": "most_frequent_tag"},
    "nearest_neighbour": {"kind": "nearest_neighbour", "n_neighbours": 3},
    "nearest_neighbour-window": {"kind": "nearest_neighbour", "window": 0.2},
    "most_frequent_class": {"kind": "most_frequent_class"},
    "copy_source": {"kind": "copy_source"},
    "copy_source-first_2": {"kind": "copy_source", "max_symbols": 2},
    "aligner": {"kind": "aligner"},
    "aligner-ibm_1": {"kind": "aligner", "model": "ibm_1", "symmetrisation": "union"},
    "aligner-ibm_2": {"kind": "aligner", "model": "ibm_2", "symmetrisation": "grow_diag"},
    "word_recogniser": {
        "kind": "word_recogniser",
        "n_states": 2,
        "silence_states": 1,
        "n_components": 2,
    },
    "word_recogniser-silent": {"kind": "word_recogniser", "n_states": 1, "silence_states": 0},
    "elman_rnn": {"kind": "elman_rnn", **SMALL},
    "lstm": {"kind": "lstm", **SMALL},
    "gru": {"kind": "gru", **SMALL},
    "gru-weighted_sum_linear": {"kind": "gru", "attention": "weighted_sum_linear", **SMALL},
    "gru-weighted_sum_additive": {"kind": "gru", "attention": "weighted_sum_additive", **SMALL},
    "gru-coverage": {
        "kind": "gru",
        "attention": "weighted_sum_additive",
        "coverage": True,
        **SMALL,
    },
    "gru-softmax_general": {"kind": "gru", "attention": "softmax_general", **SMALL},
    "lstm-softmax": {"kind": "lstm", "attention": "softmax", **SMALL},
    "elman_rnn-multi_head": {"kind": "elman_rnn", "attention": "multi_head", **SMALL},
    "elman_rnn-relu": {"kind": "elman_rnn", "nonlinearity": "relu", **SMALL},
    "lstm-bidirectional": {"kind": "lstm", "bidirectional": True, "n_layers": 2, **SMALL},
    "gru-bidirectional": {"kind": "gru", "bidirectional": True, "attention": "softmax", **SMALL},
    "gru-copies": {"kind": "gru", "attention": "softmax", "copies": True, **SMALL},
    "gru-ctc": {"kind": "gru", "bidirectional": True, "transduction_head": "ctc", **SMALL},
    "lstm-ctc_attention": {
        "kind": "lstm",
        "attention": "softmax",
        "transduction_head": "ctc_attention",
        "decoding": {"beam": 3, "n_best": 2},
        **SMALL,
    },
    "gru-layer_norm": {"kind": "gru", "layer_norm": True, "n_layers": 2, **SMALL},
    "lstm-weight_drop": {"kind": "lstm", "weight_drop": 0.5, "forget_bias": 2.0, **SMALL},
    "lstm-tied": {"kind": "lstm", "tie_weights": True, **SMALL},
    "gru-crf": {"kind": "gru", "tag_head": "crf", "bidirectional": True, **SMALL},
    "lstm-crf_attentive": {
        "kind": "lstm",
        "tag_head": "crf",
        "tag_decoding": "viterbi",
        "attention": "self_attention",
        **SMALL,
    },
    "attention-crf": {
        "kind": "attention",
        "attention": "self_attention",
        "tag_head": "crf",
        **SMALL,
    },
    "transformer-crf": {**TRANSFORMER, "tag_head": "crf"},
    "attention-weighted_sum_linear": {
        "kind": "attention",
        "attention": "weighted_sum_linear",
        **SMALL,
    },
    "attention-softmax_dot": {"kind": "attention", "attention": "softmax_dot", **SMALL},
    "attention-self_attention": {"kind": "attention", "attention": "self_attention", **SMALL},
    "transformer": TRANSFORMER,
    "transformer-tied": {**TRANSFORMER, "tie_weights": True},
    "transformer-last": {**TRANSFORMER, "pooling": "last"},
    "transformer-pooled_additive": {**TRANSFORMER, "pooling": "weighted_sum_additive"},
    "transformer-pooled_softmax": {**TRANSFORMER, "pooling": "softmax"},
    "transformer-pooled_self_attention": {**TRANSFORMER, "pooling": "self_attention"},
    "transformer-rotary": {**TRANSFORMER, "positions": "rotary", "window": 2},
    "transformer-alibi": {**TRANSFORMER, "positions": "alibi", "n_key_value_heads": 1},
    "transformer-copies": {**TRANSFORMER, "copies": True, "decoding": {"beam": 2}},
    "transformer-ctc": {**TRANSFORMER, "transduction_head": "ctc", "decoding": {"beam": 2}},
    "transformer-linear": {
        **TRANSFORMER,
        "self_attention": "linear",
        "decoding": {"beam": 3, "n_best": 2},
    },
}


DATA = contract_data()


def data_of(name, kind):
    """Return the data of a kind of task; zeros and ones, where a family takes no other frames."""
    data = DATA[kind]
    if FAMILIES[name].get("emission") not in ("bernoulli", "poisson"):
        return data
    rolls = (data.train.features > 0.5).astype(np.float32)
    return replace(data, train=replace(data.train, features=rolls))


def config_of(name):
    return parse(FamilyConfig, FAMILIES[name], "family")


def is_slow(name, kind):
    """The fast tier asks one of each kind; the others are the same classes otherwise set."""
    if kind.startswith("tagging"):
        return kind == "tagging of frames" or name not in (
            "hidden_markov",
            "most_frequent_tag",
            "gru",
        )
    # Aeon's warping costs seconds to load.
    return "-" in name or name == "nearest_neighbour" or kind == "recommendation"


CASES = [
    pytest.param(
        name, kind, id=f"{name} · {kind}", marks=[pytest.mark.slow] if is_slow(name, kind) else []
    )
    for name in FAMILIES
    for kind, data in DATA.items()
    if config_of(name).cannot(data.schema.task_kind, data.input_kind) is None
    # A recommender is the density over again.
    and not (kind == "recommendation" and "-" in name)
    # Other libraries have no Bernoulli emission, and no Gaussian of zeros and ones.
    and not (kind == "density of frames" and "engine" in FAMILIES[name])
]
TAGGERS = [case for case in CASES if case.values[1].startswith("tagging")]
DENSITIES = [case for case in CASES if case.values[1] == "density"]
FRAMED = [case for case in CASES if case.values[1] == "density of frames"]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Fit each case once; the tests that only ask share it."""
    kept = {}

    def get(name, kind):
        if (name, kind) not in kept:
            scratch = tmp_path_factory.mktemp("scratch")
            kept[name, kind] = fitted_case(config_of(name), data_of(name, kind), scratch)
        return kept[name, kind]

    return get


def test_every_kind_of_family_stands_in_this_suite():
    kinds = {
        kind
        for model in get_args(get_args(FamilyConfig)[0])
        for kind in get_args(model.model_fields["kind"].annotation)
    }
    assert {config.split("-")[0] for config in FAMILIES} == kinds


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), CASES)
def test_every_family_is_diagnosed_as_far_as_it_can_be_and_never_by_a_number_that_is_none(
    models, name, kind
):
    case = models(name, kind)
    family, sequences = case.family, case.data.train.select(np.arange(3))
    probes = tuple(Probe(row, str(row), int(n)) for row, n in enumerate(sequences.lengths))
    has_maps = isinstance(family, HasNativeMaps)
    some = ProbeSet(probes, sequences)
    with evaluation_mode(family):
        capture = capture_maps(family, some) if has_maps else Capture(probes, ((),) * 3)
        found = diagnose(family, capture, sequences, DiagnosticsConfig(rows=True, flips=True))
    assert np.isfinite(found.table["value"].to_numpy()).all()
    assert np.isfinite(list(found.summary.values())).all()
    has_weights = any(one.kind == "weights" for maps in capture.maps for one in maps)
    assert ("norm_divergence" in found.table["metric"].to_pylist()) == has_weights


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_asking_before_fitting_is_an_error(models, name, kind):
    assert refuses_before_fitting(models(name, kind)) is None


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_family_answers_as_its_task_asks(models, name, kind):
    assert answers_as_its_task_asks(models(name, kind)) is None


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_report_of_a_fit_is_measured(models, name, kind):
    assert reports_what_it_cost(models(name, kind)) is None


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_saved_and_loaded_it_answers_the_same(models, name, kind):
    assert survives_the_store(models(name, kind)) is None


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_same_seed_gives_the_same_parameters_and_leaves_global_randomness_alone(
    models, name, kind
):
    assert is_a_function_of_its_seed(models(name, kind)) is None


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_padding_and_company_never_matter(models, name, kind):
    assert ignores_padding_and_company(models(name, kind)) is None


@pytest.mark.parametrize(
    ("name", "kind"), [case for case in CASES if case.values[1].startswith("classification")]
)
def test_the_probabilities_of_the_labels_sum_to_one(models, name, kind):
    assert shares_one_among_labels(models(name, kind)) is None


@pytest.mark.parametrize(("name", "kind"), TAGGERS)
def test_the_probabilities_of_all_tags_of_a_sequence_sum_to_one(models, name, kind):
    assert shares_one_among_tags(models(name, kind)) is None


@pytest.mark.parametrize(("name", "kind"), TAGGERS)
def test_a_tagger_chooses_the_same_tags_alone_and_in_company(models, name, kind):
    assert tags_the_same_in_company(models(name, kind)) is None


@pytest.mark.parametrize(("name", "kind"), DENSITIES)
def test_the_probabilities_of_all_short_sequences_sum_to_one(models, name, kind):
    assert shares_one_among_sequences(models(name, kind)) is None


@pytest.mark.parametrize(("name", "kind"), DENSITIES)
def test_each_symbol_is_as_probable_next_as_when_it_is_appended(models, name, kind):
    assert hasattr(models(name, kind).family, "next_log_prob")
    assert ranks_what_it_would_append(models(name, kind)) is None


@pytest.mark.parametrize(("name", "kind"), DENSITIES + FRAMED)
def test_the_future_never_changes_the_past(models, name, kind):
    assert never_looks_ahead(models(name, kind)) is None


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_what_is_expected_at_each_output_is_a_distribution_and_agrees_with_the_score(
    models, name, kind
):
    case = models(name, kind)
    assert output_kind(case.family, collate_all(case.data.train)) is not None
    assert shares_one_among_choices(case) is None
    assert expects_what_it_scores(case) is None
    assert expects_the_same_from_any_step(case) is None


def has_maps(name, kind):
    """Whether a mechanism inside computes shares of something."""
    config = config_of(name)
    if isinstance(
        config,
        MostFrequentTagConfig | NearestNeighbourConfig | MostFrequentClassConfig | CopySourceConfig,
    ):
        return False
    if isinstance(config, RecurrentConfig):
        return config.attention != "none" or config.transduction_head != "attention"
    return True


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_native_maps_are_shares_of_what_is_really_there(models, name, kind):
    family = models(name, kind).family
    batch = collate_all(data_of(name, kind).train)
    maps = family.native_maps(batch) if hasattr(family, "native_maps") else []
    assert bool(maps) == has_maps(name, kind)
    for native in maps:
        columns = native.column_mask[:, None, None].expand_as(native.values)
        assert native.values[~columns].abs().sum() == 0
        sums = native.values.sum(dim=-1)
        rows = native.row_mask[:, None].expand_as(sums)
        assert rows.any()
        if native.name == "target.cross":
            # What is left comes from no word at all.
            assert (sums[rows] < 1).all()
            assert (sums[rows] > 0).all()
        else:
            assert_close(sums[rows], torch.ones_like(sums[rows]), atol=1e-5, rtol=0)


def test_a_family_does_exactly_the_tasks_that_it_should():
    does = {}
    for case in CASES:
        name, kind = case.values
        does.setdefault(FAMILIES[name]["kind"], set()).add(kind)
    every_density, framed = {"density", "recommendation"}, "density of frames"
    every_class = {"classification of tokens", "classification of frames"}
    every_output = {"transduction", "transduction of frames"}
    every_tag = {"tagging of tokens", "tagging of frames"}
    assert does == {
        "markov_chain": {*every_density, *every_class},
        "hidden_markov": {*every_density, framed, *every_class, *every_tag},
        "most_frequent_tag": {"tagging of tokens"},
        "most_frequent_class": {*every_class},
        "copy_source": {"transduction"},
        "nearest_neighbour": {"classification of frames"},
        "gaussian_mixture": {framed, "classification of frames"},
        "aligner": {"alignment"},
        "word_recogniser": {"transduction of frames"},
        "elman_rnn": {*every_density, framed, *every_output, "alignment", *every_class, *every_tag},
        "lstm": {*every_density, framed, *every_output, "alignment", *every_class, *every_tag},
        "gru": {*every_density, framed, *every_output, "alignment", *every_class, *every_tag},
        "attention": {*every_class, *every_tag},
        "transformer": {
            *every_density,
            framed,
            *every_output,
            "alignment",
            *every_class,
            *every_tag,
        },
    }


def test_an_altered_byte_among_the_checksums_is_refused_too(models, tmp_path):
    store_one(tmp_path, models)
    text = (tmp_path / CONFIG_FILE).read_text()
    (tmp_path / CONFIG_FILE).write_text(text.replace('"model":', '"modem":'))
    with pytest.raises(ArtifactError, match=r"not a whole config\.json"):
        load_family(tmp_path)


def store_one(folder: Path, models):
    family = models("lstm", "density").family
    save_family(folder, family, config_of("lstm"), DATA["density"].schema, {"seed": 0})


@pytest.mark.parametrize("position", [0, 10, -1])
@pytest.mark.parametrize("file", [CONFIG_FILE, MODEL_FILE])
def test_a_model_with_one_altered_byte_is_refused(models, tmp_path, file, position):
    store_one(tmp_path, models)
    content = bytearray((tmp_path / file).read_bytes())
    # The last byte of the JSON is its newline; the one before it closes the document.
    index = position if file == MODEL_FILE or position >= 0 else -2
    content[index] ^= 1
    (tmp_path / file).write_bytes(bytes(content))
    with pytest.raises(ArtifactError) as caught:
        load_family(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / file}: ")


@pytest.mark.parametrize("file", [CONFIG_FILE, MODEL_FILE])
def test_a_truncated_or_missing_model_is_refused(models, tmp_path, file):
    store_one(tmp_path, models)
    content = (tmp_path / file).read_bytes()
    (tmp_path / file).write_bytes(content[: len(content) // 2])
    with pytest.raises(ArtifactError):
        load_family(tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(ArtifactError, match="missing; train the experiment again"):
        load_family(tmp_path)
