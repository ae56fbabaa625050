import json
import math

import pytest
import torch

from seqarena.answering.answers import (
    Attention,
    Choice,
    DensityAnswer,
    LabelAnswer,
    Told,
    ToldMap,
    as_json,
    likeliest,
)
from seqarena.answering.telling import lines_of
from seqarena.answering.wanted import Wanted
from seqarena.errors import DataError


def test_the_likeliest_come_first_and_of_equal_ones_the_first():
    log_prob = torch.tensor([0.25, 0.25, 0.5]).log()
    found = likeliest(log_prob, ("a", "b", "c"), 2)
    assert [each.name for each in found] == ["c", "a"]
    assert [each.probability for each in found] == pytest.approx([0.5, 0.25])


def test_what_nobody_asked_for_is_not_sent():
    told = Told(LabelAnswer("a", 0.5, (Choice("a", 0.5),)))
    assert as_json(told) == {
        "label": "a",
        "probability": 0.5,
        "probabilities": [{"name": "a", "probability": 0.5}],
    }
    looked = Told(
        told.answer, (2,), Attention(None, (ToldMap("pooling", "weights", 0, [[[1.0]]]),))
    )
    assert as_json(looked)["unknown_steps"] == [2]
    assert as_json(looked)["attention"] == {
        "maps": [{"name": "pooling", "kind": "weights", "first_row": 0, "values": [[[1.0]]]}]
    }


def test_something_impossible_is_null_for_json_has_no_infinity():
    found = as_json(Told(DensityAnswer(2, -math.inf, (-1.0, -math.inf))))
    assert found == {"n_steps": 2, "log_prob": None, "step_log_prob": [-1.0, None]}
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_every_knob_out_of_its_range_is_told_at_once():
    with pytest.raises(DataError) as caught:
        Wanted(top_k=0, n_steps=-1, temperature=math.nan, beam=2, n_best=3)
    assert str(caught.value).splitlines() == [
        "top_k: 0 came; expected at least 1.",
        "n_steps: -1 came; expected at least 0.",
        "temperature: nan came; expected at least 0.",
        "n_best: 3 outputs cannot be kept by a beam of 2; set beam to at least 3.",
    ]


def test_a_density_is_told_in_nats_and_bits():
    answer = DensityAnswer(2, -2 * math.log(2.0), (-math.log(2.0),) * 2, (Choice("\x1b", 0.5),))
    assert lines_of(answer) == [
        "log p = -1.386 nats; of a step -0.693 nats (1.000 bits)",
        "next:",
        "  0.500  U+001B",
    ]
