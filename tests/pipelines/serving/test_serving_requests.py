"""Several lengths at once, attention, and what cannot be answered."""

import numpy as np
import pytest
import torch
from mlflow.exceptions import MlflowException
from serving_scenes import MARKS, asked, assert_near, rows_of, scene

from seqarena.batch import collate_all, sequences_of
from seqarena.retraining.serving.loader import load_packaged

pytestmark = MARKS


@pytest.mark.parametrize(
    "experiment",
    ["lagged-transformer", "dates-gru", "states-gru", "digits-gru", "items-gru", "walks-gmm"],
)
def test_a_batch_of_several_lengths_is_answered_as_each_alone(root, model, experiment):
    _, _, sequences = scene(root, experiment, n=4)
    values = [sequences.sequence(row)[: 2 + row].tolist() for row in range(4)]
    name = "tokens" if sequences.tokens is not None else "frames"
    rows = [{name: value} for value in values]
    loaded = load_packaged(model(experiment))
    together = asked(model(experiment), rows)
    alone = [asked(model(experiment), [row])[0] for row in rows]
    assert len(together) == 4 and loaded.manifest.schema.max_length > 5
    for one, other in zip(together, alone, strict=True):
        assert_near(one, other)


@pytest.mark.parametrize(
    ("experiment", "name", "shape"),
    [
        ("digits-gru", "pooling", (1, 1, 8)),
        ("lagged-transformer", "decoder.0.self", (2, 5, 6)),
        ("lagged-markov", "contexts", None),
    ],
)
def test_attention_comes_where_it_is_asked_for(root, model, experiment, name, shape):
    family, _, sequences = scene(root, experiment, n=2)
    cut = 8 if experiment.startswith("digits") else 6
    rows = rows_of(sequences, cut)
    answers = asked(model(experiment), rows, attention=True)
    assert "attention" not in asked(model(experiment), rows)[0]
    batch = collate_all(sequences_of([sequences.sequence(row)[:cut] for row in range(2)]))
    with torch.inference_mode():
        native = {each.name: each for each in family.native_maps(batch)}
    for row, answer in enumerate(answers):
        told = {each["name"]: np.array(each["values"]) for each in answer["attention"]["maps"]}
        assert told.keys() == native.keys() and name in told
        if shape is not None:
            assert told[name].shape == shape
            wanted = native[name].values[row].float().numpy()
            np.testing.assert_allclose(told[name], wanted[:, -shape[1] :], atol=1e-6)


def test_the_attention_of_a_transducer_is_of_what_it_writes(root, model):
    _, _, sequences = scene(root, "dates-gru", n=2)
    for answer in asked(model("dates-gru"), rows_of(sequences), attention=True):
        (cross,) = [m for m in answer["attention"]["maps"] if "cross" in m["name"]]
        n_rows = len(answer["symbols"]) + 1
        assert np.array(cross["values"]).shape[1:] == (n_rows, len(answer["attention"]["steps"]))


@pytest.mark.parametrize(
    ("experiment", "rows", "params", "message"),
    [
        ("lagged-markov", [{"text": "0 1"}, {"text": "0 x"}], {}, "row 1: task 'lagged' does not"),
        ("lagged-markov", [{"text": 3}], {}, "Can not safely convert int64"),
        ("lagged-markov", [{"tokens": [0, 1.5]}], {}, "row 0: tokens, step 1: float 1.5 came"),
        ("lagged-markov", [{"tokens": [99]}], {}, "row 0: tokens, step 0: 99 came; the symbols"),
        ("lagged-markov", [{"tokens": "0 1"}], {}, "row 0: tokens: str '0 1' came; expected a li"),
        ("lagged-markov", [{"tokens": [0] * 21}], {}, "row 0: the input has 21 steps; the longest"),
        ("lagged-markov", [{"tokens": [0]}, {}], {}, "row 1: nothing came; expected exactly one"),
        ("lagged-markov", [{"tokens": [0], "text": "0"}], {}, "row 0: text and tokens came; expe"),
        ("lagged-markov", [{"txt": "0"}], {}, "no row came that has 'text' or 'tokens'"),
        ("lagged-markov", [{"tokens": [0]}], {"top_k": 0}, "top_k: 0 came; expected at least 1"),
        ("walks-gmm", [{"frames": [[1, 2, 3], [1, 2]]}], {}, "row 0: frames, step 1: 2 numbers"),
        (
            "walks-gmm",
            [{"frames": [[1, 2]]}],
            {},
            "row 0: frames: numbers of shape (1, 2) came; ex",
        ),
        ("walks-gmm", [{"frames": [[1, "a", 3]]}], {}, "step 0: number 1 is str 'a'; expected a n"),
        ("walks-gmm", [{"frames": [[1, 2, 1e300]]}], {}, "row 0: frames, step 0: holds 1e+300"),
        ("walks-gmm", [{"frames": 5}], {}, "row 0: frames: int 5 came; expected a list of steps"),
        ("words-ibm", [{"text": "May 5 , 1999", "target": None}], {}, "row 0: task 'words' links"),
        ("dates-gru", [{"text": "May 5, 1999", "target": "x"}], {}, "row 0: --target 'x': task"),
        ("digits-hmm", [{"text": "0"}], {}, "Model is missing inputs ['frames']"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_its_row(model, experiment, rows, params, message):
    with pytest.raises(MlflowException) as caught:
        asked(model(experiment), rows, **params)
    assert message in str(caught.value)
    assert caught.value.get_http_status_code() == 400
