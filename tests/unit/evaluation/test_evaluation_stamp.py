import json

import pytest

from judgement_scenes import CHARACTERS
from seqarena.errors import ArtifactError
from seqarena.evaluation.protocol import Protocol, read_protocol, write_protocol
from seqarena.evaluation.stamp import Stamp

RULES = {"test split": "a" * 16, "candidates": "all", "budget": '{"max_epochs": 5}'}


def test_the_rules_alone_make_the_hash_and_their_order_does_not_matter():
    stamp = Stamp(RULES, {"decoding": "greedy"})
    turned = Stamp(dict(reversed(RULES.items())), {"decoding": "beam 5"})
    assert stamp.digest == turned.digest and len(stamp.digest) == 16
    assert stamp.unlike(turned) == []
    assert Stamp({**RULES, "candidates": "sampled"}).digest != stamp.digest


def test_each_rule_that_differs_is_named_with_both_sides():
    other = Stamp({**RULES, "candidates": "sampled", "tokeniser": "b" * 80})
    assert Stamp(RULES).unlike(other) == [
        "candidates: all against sampled",
        f"tokeniser: nothing against {'b' * 59}…",
    ]


def test_a_stamp_comes_back_as_it_was_told():
    stamp = Stamp(RULES, {"decoding": "greedy"})
    assert Stamp.from_dict(json.loads(json.dumps(stamp.as_dict())), "here") == stamp


def test_a_number_without_a_stamp_and_one_whose_rules_were_altered_are_refused():
    with pytest.raises(ArtifactError) as caught:
        Stamp.from_dict(None, "runs/x/metrics.json")
    assert str(caught.value) == (
        "runs/x/metrics.json: has no protocol stamp, so it was evaluated by an older seqarena; "
        "evaluate the experiment again (`seqarena repro`)."
    )
    content = Stamp(RULES).as_dict()
    altered = {**content, "rules": {**RULES, "candidates": "sampled"}}
    with pytest.raises(ArtifactError) as caught:
        Stamp.from_dict(altered, "here")
    assert str(caught.value) == (
        f"here: its stamp is {content['stamp']}, that of the rules beside it is "
        f"{Stamp(altered['rules']).digest}; the file was altered. Evaluate the experiment again."
    )


def test_a_protocol_comes_back_as_it_was_written(tmp_path):
    protocol = Protocol("lagged-gru", "lagged", 3, Stamp(RULES), CHARACTERS)
    first = write_protocol(tmp_path, protocol).read_bytes()
    assert read_protocol(tmp_path) == protocol
    assert write_protocol(tmp_path, protocol).read_bytes() == first


def test_a_missing_protocol_and_one_that_is_none_are_refused(tmp_path):
    with pytest.raises(ArtifactError) as caught:
        read_protocol(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/protocol.json: missing; the predictions beside it say not by which rules they "
        "came about. Evaluate the experiment again (`seqarena repro`)."
    )
    (tmp_path / "protocol.json").write_text("{}")
    with pytest.raises(ArtifactError) as caught:
        read_protocol(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/protocol.json: is no protocol (KeyError('experiment')); evaluate the "
        "experiment again."
    )
