import numpy as np
import pytest
import torch

from seqarena.batch import collate_all, sequences_of
from seqarena.errors import ConfigError, DataError
from seqarena.families.neural import RecurrentConfig, TransformerConfig, build_neural
from seqarena.families.transduction_head import require_alignable
from seqarena.fitting.protocols import FitSetting, HardwareConfig, TrainingConfig
from seqarena.networks.ctc_transducer import CtcTransducer
from seqarena.networks.joint_transducer import JointTransducer
from seqarena.parsing import parse
from seqarena.schema import DataSchema

END = 2
HEARD = DataSchema(
    "transduction",
    dim=2,
    n_target_symbols=3,
    target_end=END,
    max_length=6,
    max_target_length=4,
)
GRU = {"kind": "gru", "model_dim": 8}


def heard(frames: list[int], said: list[list[int]], ids=()):
    draws = np.random.default_rng(0)
    target = sequences_of([np.array([*each, END]) for each in said])
    return sequences_of([draws.normal(size=(n, 2)) for n in frames], target=target, ids=ids)


def mistakes(model, **settings) -> list[str]:
    with pytest.raises(ConfigError) as refusal:
        parse(model, settings, at="families.mine")
    return refusal.value.mistakes


def test_each_head_is_what_its_name_says():
    built = {
        head: build_neural(
            RecurrentConfig(**GRU, attention=attention, transduction_head=head, **weight),
            HEARD,
            torch.Generator(),
        ).network
        for head, attention, weight in (
            ("ctc", "none", {}),
            ("ctc_attention", "softmax", {"ctc_weight": 0.4}),
        )
    }
    assert isinstance(built["ctc"], CtcTransducer)
    assert isinstance(built["ctc_attention"], JointTransducer)
    assert built["ctc_attention"].ctc_weight == 0.4


def test_a_head_that_does_not_go_with_the_attention_is_refused():
    assert mistakes(RecurrentConfig, **GRU, attention="softmax", transduction_head="ctc") == [
        "families.mine.transduction_head: CTC has no decoder that could look at the input, and "
        "attention is 'softmax'; set attention to 'none', or the head to 'ctc_attention'."
    ]
    assert mistakes(RecurrentConfig, **GRU, transduction_head="ctc_attention") == [
        "families.mine.transduction_head: its decoder looks at the input, and attention is 'none'; "
        "set attention to 'softmax' or another mechanism, or the head to 'ctc'."
    ]
    TransformerConfig(kind="transformer", transduction_head="ctc")
    TransformerConfig(kind="transformer", transduction_head="ctc_attention")


@pytest.mark.parametrize("head", ["attention", "ctc"])
def test_a_weight_is_refused_where_there_is_one_head(head):
    given = {"kind": "transformer", "transduction_head": head, "ctc_weight": 0.6}
    assert mistakes(TransformerConfig, **given) == [
        f"families.mine.ctc_weight: got 0.6, but the head '{head}' is the only one; leave it out, "
        "or set transduction_head to 'ctc_attention'."
    ]


@pytest.mark.parametrize(("weight", "rule"), [(0.0, "greater than 0"), (1.0, "less than 1")])
def test_a_weight_that_leaves_one_head_alone_is_refused(weight, rule):
    assert mistakes(TransformerConfig, kind="transformer", ctc_weight=weight) == [
        f"families.mine.ctc_weight: got {weight}; input should be {rule}."
    ]


def test_smoothed_labels_are_refused_where_no_step_has_a_label():
    smoothed = {"optimiser": {"label_smoothing": 0.1}, "transduction_head": "ctc"}
    for model, settings in ((RecurrentConfig, GRU), (TransformerConfig, {"kind": "transformer"})):
        assert mistakes(model, **settings, **smoothed) == [
            "families.mine.optimiser: label_smoothing is 0.1, and under CTC no step has a label of "
            "its own that could be smoothed; set it to 0, or the head to 'ctc_attention', whose "
            "decoder is smoothed."
        ]


@pytest.mark.parametrize("head", ["ctc", "ctc_attention"])
def test_ctc_is_for_frames_that_become_symbols(head):
    attention = "none" if head == "ctc" else "softmax"
    for config in (
        RecurrentConfig(**GRU, attention=attention, transduction_head=head),
        TransformerConfig(kind="transformer", transduction_head=head),
    ):
        assert config.cannot("transduction", "frames") is None
        assert config.cannot("transduction", "tokens") == (
            "CTC writes at most one symbol for each step of the input, in its order, as frames of "
            "speech have it, and this task's input is tokens; set transduction_head to 'attention'"
        )
        for kind in ("density", "classification"):
            assert config.cannot(kind, "tokens") == (
                f"CTC writes symbols in the order of the input, and this is {kind}; set "
                "transduction_head to 'attention'"
            )
    transformer = TransformerConfig(kind="transformer", transduction_head=head)
    assert transformer.cannot("alignment", "tokens") == (
        "CTC writes symbols in the order of the input, and this is alignment; set "
        "transduction_head to 'attention'"
    )


def test_a_target_that_just_fits_is_not_refused():
    require_alignable("train", heard([6, 3, 1, 1], [[0, 0, 1, 1], [0, 1, 0], [1], []]))


@pytest.mark.parametrize(("ids", "name"), [((), "sequence 1"), (("a", "b", "c"), "sequence 1 (b)")])
def test_the_first_target_that_no_alignment_spells_is_named_with_the_numbers(ids, name):
    data = heard([4, 4, 1], [[0, 1, 0, 1], [1, 1, 1], [0, 0]], ids)
    with pytest.raises(DataError) as refusal:
        require_alignable("valid", data)
    assert str(refusal.value) == (
        f"valid: {name} has 4 steps, and its target of 3 symbols needs at least 5 under CTC: one "
        "for each symbol, and one between equal neighbours (2 here); drop it, use longer inputs, "
        "or set transduction_head to 'attention'."
    )


class Silence:
    def metric(self, name, value, step):
        pass


@pytest.mark.parametrize("split", ["train", "valid"])
@pytest.mark.parametrize("head", ["ctc", "ctc_attention"])
def test_a_fit_refuses_what_would_have_no_probability(split, head, tmp_path):
    config = TransformerConfig(
        kind="transformer", model_dim=8, n_heads=2, n_layers=1, transduction_head=head
    )
    family = build_neural(config, HEARD, torch.Generator())
    good, bad = heard([6, 6], [[0], [1, 0]]), heard([6, 1], [[0], [1, 0]])
    hardware = HardwareConfig(accelerator="cpu", devices=1)
    setting = FitSetting(0, TrainingConfig(), hardware, tmp_path, Silence())
    splits = (bad, good) if split == "train" else (good, bad)
    with pytest.raises(DataError, match=f"^{split}: sequence 1 has 1 steps, and its target of 2"):
        family.fit(*splits, setting)


def test_what_no_alignment_spells_has_no_probability_where_it_is_judged():
    config = RecurrentConfig(**GRU, transduction_head="ctc")
    family = build_neural(config, HEARD, torch.Generator())
    family.fitted.fill_(True)
    log_prob = family.log_prob(collate_all(heard([3, 1], [[0, 1], [1, 0]])))
    assert log_prob.isfinite().tolist() == [True, False]
    assert log_prob[1] == -torch.inf
