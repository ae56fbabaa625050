"""What holds for every family that params.yaml can name, on every kind of task that it can do."""

from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seqarena.batch import Batch, collate, collate_all, sequences_of
from seqarena.errors import ArtifactError, NotFittedError
from seqarena.families.catalogue import FamilyConfig, build_family
from seqarena.families.copy_source import CopySourceConfig
from seqarena.families.family import (
    AlignerFamily,
    ClassifierFamily,
    DensityFamily,
    TaggerFamily,
    TransducerFamily,
)
from seqarena.families.most_frequent_class import MostFrequentClassConfig
from seqarena.families.most_frequent_tag import MostFrequentTagConfig
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.store import CONFIG_FILE, MODEL_FILE, load_family, save_family
from seqarena.fitting.protocols import FitSetting, HardwareConfig, TrainingConfig
from seqarena.parsing import parse
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator

N_SYMBOLS = 3
SMALL = {"model_dim": 8}
TRANSFORMER = {"kind": "transformer", "n_layers": 1, "n_heads": 2, **SMALL}
FAMILIES = {
    "markov_chain": {"kind": "markov_chain", "order": 2, "n_codes": 4},
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
TRAINING = TrainingConfig(batch_size=8, max_epochs=1, max_em_epochs=2)


@dataclass(frozen=True)
class Data:
    schema: DataSchema
    train: object
    input_kind: str


def random_tokens(rng, n=24, low=2, high=6, n_symbols=N_SYMBOLS):
    return [rng.integers(0, n_symbols, size=rng.integers(low, high + 1)) for _ in range(n)]


def make_data():
    rng = numpy_generator(0, "contract")
    inputs = random_tokens(rng)
    labels = [i % 2 for i in range(24)]
    frames = [
        (rng.normal(size=(len(each), 2)) + label).astype(np.float32)
        for each, label in zip(inputs, labels, strict=True)
    ]
    # The tag of a step is the symbol before it, now and then the symbol itself.
    tags = [np.where(rng.random(len(each)) < 0.3, each, np.roll(each, 1)) for each in inputs]
    end = 2
    target = sequences_of([np.append(each, end) for each in random_tokens(rng, 24, 1, 3, 2)])
    # Three frames a word: enough for two states each.
    spoken = [
        (rng.normal(size=(3 * len(each), 2)) + np.repeat(each, 3)[:, None]).astype(np.float32)
        for each in (target.sequence(row) for row in range(24))
    ]
    tokens = {"n_symbols": N_SYMBOLS, "max_length": 8}
    return {
        "density": Data(DataSchema("density", **tokens), sequences_of(inputs), "tokens"),
        "classification of tokens": Data(
            DataSchema("classification", n_classes=2, **tokens),
            sequences_of(inputs, labels),
            "tokens",
        ),
        "classification of frames": Data(
            DataSchema("classification", dim=2, n_classes=2, max_length=8),
            sequences_of(frames, labels),
            "frames",
        ),
        "tagging of tokens": Data(
            DataSchema("tagging", n_tags=3, **tokens), sequences_of(inputs, tags=tags), "tokens"
        ),
        "tagging of frames": Data(
            DataSchema("tagging", dim=2, n_tags=3, max_length=8),
            sequences_of(frames, tags=tags),
            "frames",
        ),
        "transduction": Data(
            DataSchema(
                "transduction",
                n_target_symbols=3,
                target_end=end,
                max_target_length=4,
                target_of_symbol=(1, -1, 0),
                **tokens,
            ),
            sequences_of(inputs, target=target),
            "tokens",
        ),
        "alignment": Data(
            DataSchema(
                "alignment",
                n_target_symbols=3,
                target_end=end,
                max_target_length=4,
                **tokens,
            ),
            sequences_of(inputs, target=target),
            "tokens",
        ),
        "transduction of frames": Data(
            DataSchema(
                "transduction",
                dim=2,
                n_target_symbols=3,
                target_end=end,
                max_length=12,
                max_target_length=4,
            ),
            sequences_of(spoken, target=target),
            "frames",
        ),
    }


DATA = make_data()


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
    return "-" in name


CASES = [
    pytest.param(
        name, kind, id=f"{name} · {kind}", marks=[pytest.mark.slow] if is_slow(name, kind) else []
    )
    for name in FAMILIES
    for kind, data in DATA.items()
    if config_of(name).cannot(data.schema.task_kind, data.input_kind) is None
]
TAGGERS = [case for case in CASES if case.values[1].startswith("tagging")]
DENSITIES = [case for case in CASES if case.values[1] == "density"]


class Silence:
    def metric(self, name: str, value: float, step: int) -> None:
        pass


def fitted(name, kind, scratch, seed=0):
    data = data_of(name, kind)
    family = build_family(config_of(name), data.schema, seed)
    setting = FitSetting(
        seed=seed,
        training=TRAINING,
        hardware=HardwareConfig(accelerator="cpu", devices=1),
        scratch=scratch,
        recorder=Silence(),
    )
    report = family.fit(data.train, data.train, setting)
    return family, report


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Fit each case once; the tests that only ask share it."""
    kept = {}

    def get(name, kind):
        if (name, kind) not in kept:
            kept[name, kind] = fitted(name, kind, tmp_path_factory.mktemp("scratch"))
        return kept[name, kind]

    return get


def global_numpy_state() -> list[int]:
    return np.random.get_state()[1].tolist()  # noqa: NPY002 - it is the state that must not move


def answer(family, batch: Batch):
    if isinstance(family, ClassifierFamily):
        return family.class_log_prob(batch)
    return family.log_prob(batch)


def test_every_kind_of_family_stands_in_this_suite():
    kinds = {
        kind
        for model in get_args(get_args(FamilyConfig)[0])
        for kind in get_args(model.model_fields["kind"].annotation)
    }
    assert {config.split("-")[0] for config in FAMILIES} == kinds


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_asking_before_fitting_is_an_error(name, kind):
    data = data_of(name, kind)
    family = build_family(config_of(name), data.schema, 0)
    with pytest.raises(NotFittedError):
        answer(family, collate_all(data.train))


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_family_answers_as_its_task_asks(models, name, kind):
    family, _ = models(name, kind)
    protocol = {
        "density": DensityFamily,
        "classification": ClassifierFamily,
        "tagging": TaggerFamily,
        "transduction": TransducerFamily,
        "alignment": AlignerFamily,
    }[data_of(name, kind).schema.task_kind]
    assert isinstance(family, protocol)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_report_of_a_fit_is_measured(models, name, kind):
    _, report = models(name, kind)
    assert report.n_epochs >= 1
    assert report.n_parameters > 0
    assert report.wall_seconds > 0
    assert report.peak_memory_bytes > 10_000_000
    assert 0 <= report.padding_share < 1
    assert report.train_loss is not None
    assert np.isfinite(report.train_loss)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_saved_and_loaded_it_answers_the_same(models, name, kind, tmp_path):
    family, _ = models(name, kind)
    data = data_of(name, kind)
    save_family(tmp_path, family, config_of(name), data.schema, {})
    batch = collate_all(data.train)
    assert torch.equal(answer(load_family(tmp_path), batch), answer(family, batch))


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_same_seed_gives_the_same_parameters_and_leaves_global_randomness_alone(
    models, name, kind, tmp_path
):
    first, _ = models(name, kind)
    torch_before, numpy_before = torch.random.get_rng_state(), global_numpy_state()
    second, _ = fitted(name, kind, tmp_path)
    assert torch.equal(torch_before, torch.random.get_rng_state())
    assert numpy_before == global_numpy_state()
    for key, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[key]), key


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_padding_and_company_never_matter(models, name, kind):
    family, _ = models(name, kind)
    train = data_of(name, kind).train
    together = answer(family, collate_all(train))
    alone = torch.cat([answer(family, collate(train, np.array([i]))) for i in range(len(train))])
    assert_close(together, alone, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "kind"), [case for case in CASES if case.values[1].startswith("classification")]
)
def test_the_probabilities_of_the_labels_sum_to_one(models, name, kind):
    family, _ = models(name, kind)
    log_probs = family.class_log_prob(collate_all(data_of(name, kind).train))
    assert_close(log_probs.exp().sum(dim=1), torch.ones_like(log_probs[:, 0]), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("name", "kind"), TAGGERS)
def test_the_probabilities_of_all_tags_of_a_sequence_sum_to_one(models, name, kind):
    family, _ = models(name, kind)
    data = data_of(name, kind)
    row = int(np.flatnonzero(data.train.lengths == 3)[0])
    paths = [np.array(each) for each in product(range(3), repeat=3)]
    every = sequences_of([data.train.sequence(row)] * len(paths), tags=paths)
    probs = family.log_prob(collate_all(every)).double().exp()
    assert_close(probs.sum(), torch.tensor(1.0, dtype=torch.float64), atol=1e-5, rtol=0)
    # Summed over the tags of all other steps, they are those of each step.
    steps = torch.stack(
        [
            probs[[path[step] == tag for path in paths]].sum()
            for step in range(3)
            for tag in range(3)
        ]
    ).view(3, 3)
    found = family.tag_probs(collate(every, np.array([0])))[0].double()
    assert_close(found, steps, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("name", "kind"), TAGGERS)
def test_a_tagger_chooses_the_same_tags_alone_and_in_company(models, name, kind):
    family, _ = models(name, kind)
    train = data_of(name, kind).train
    together = family.tag(collate_all(train))
    for row, length in enumerate(train.lengths):
        alone = family.tag(collate(train, np.array([row])))[0]
        assert torch.equal(together[row, :length], alone)
        assert together[row, length:].abs().sum() == 0


@pytest.mark.parametrize(("name", "kind"), DENSITIES)
@pytest.mark.parametrize("length", [1, 2, 4])
def test_the_probabilities_of_all_short_sequences_sum_to_one(models, name, kind, length):
    family, _ = models(name, kind)
    every = sequences_of([np.array(each) for each in product(range(N_SYMBOLS), repeat=length)])
    total = family.log_prob(collate_all(every)).double().exp().sum()
    assert_close(total, torch.tensor(1.0, dtype=torch.float64), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("name", "kind"), DENSITIES)
def test_the_future_never_changes_the_past(models, name, kind):
    family, _ = models(name, kind)
    past = [0, 1, 2]
    steps = [
        family.step_log_prob(collate_all(sequences_of([np.array([*past, *future])])))[0, :3]
        for future in ([0, 0], [2, 1])
    ]
    assert_close(steps[0], steps[1], atol=1e-6, rtol=0)


def has_maps(name, kind):
    """Whether a mechanism inside computes shares of something."""
    config = config_of(name)
    if isinstance(config, MostFrequentTagConfig | MostFrequentClassConfig | CopySourceConfig):
        return False
    if isinstance(config, RecurrentConfig):
        return config.attention != "none" or config.transduction_head != "attention"
    return True


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_native_maps_are_shares_of_what_is_really_there(models, name, kind):
    family, _ = models(name, kind)
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
    every_class = {"classification of tokens", "classification of frames"}
    every_output = {"transduction", "transduction of frames"}
    every_tag = {"tagging of tokens", "tagging of frames"}
    assert does == {
        "markov_chain": {"density", *every_class},
        "hidden_markov": {"density", *every_class, *every_tag},
        "most_frequent_tag": {"tagging of tokens"},
        "gaussian_mixture": {"classification of frames"},
        "aligner": {"alignment"},
        "word_recogniser": {"transduction of frames"},
        "elman_rnn": {"density", *every_output, "alignment", *every_class, *every_tag},
        "lstm": {"density", *every_output, "alignment", *every_class, *every_tag},
        "gru": {"density", *every_output, "alignment", *every_class, *every_tag},
        "attention": {*every_class, *every_tag},
        "transformer": {"density", *every_output, "alignment", *every_class, *every_tag},
    }


def test_an_altered_byte_among_the_checksums_is_refused_too(models, tmp_path):
    store_one(tmp_path, models)
    text = (tmp_path / CONFIG_FILE).read_text()
    (tmp_path / CONFIG_FILE).write_text(text.replace('"model":', '"modem":'))
    with pytest.raises(ArtifactError, match=r"not a whole config\.json"):
        load_family(tmp_path)


def store_one(folder: Path, models):
    family, _ = models("lstm", "density")
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
