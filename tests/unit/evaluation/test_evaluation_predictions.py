import math

import pyarrow as pa
import pytest

from seqarena.errors import ArtifactError, DataError
from seqarena.evaluation.predictions import metrics_of, read_predictions, write_predictions
from seqarena.schema import DataSchema

TABLE = pa.table({"row": [0], "id": ["a"], "n_scored": [2], "log_prob": [-1.0]})


def test_predictions_come_back_as_they_were_written(tmp_path):
    write_predictions(tmp_path / "new", TABLE)
    assert read_predictions(tmp_path / "new").equals(TABLE)


def test_frames_and_symbols_are_measured_in_nats_and_in_bits():
    table = pa.table({"n_scored": [2, 6], "log_prob": [-2.0, -18.0]})
    of_symbols, of_frames = (
        metrics_of(table, schema)
        for schema in (DataSchema("density"), DataSchema("density", dim=1))
    )
    assert of_symbols.pop("perplexity") == pytest.approx(math.exp(20 / 8))
    assert of_frames.items() >= of_symbols.items()
    assert set(of_frames) - set(of_symbols) == {
        "nats_per_step_standard_error",
        "nats_per_step_of_sequences",
    }
    assert of_frames["nats_per_step"] == pytest.approx(20 / 8)
    assert of_frames["nats_per_step_of_sequences"] == pytest.approx((1 + 3) / 2)
    ratio = of_frames["nats_per_step"] / of_frames["bits_per_step"]
    errors = [of_frames[f"{unit}_per_step_standard_error"] for unit in ("nats", "bits")]
    assert errors[0] / errors[1] == pytest.approx(ratio) == pytest.approx(math.log(2.0))


def test_the_same_predictions_are_the_same_bytes(tmp_path):
    one, two = (write_predictions(tmp_path / name, TABLE).read_bytes() for name in "ab")
    assert one == two


def test_a_truncated_file_is_refused(tmp_path):
    path = write_predictions(tmp_path, TABLE)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ArtifactError, match="cannot be read as Arrow"):
        read_predictions(tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ArtifactError) as caught:
        read_predictions(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/predictions.arrow: cannot be read as Arrow (")
    assert str(caught.value).endswith("); evaluate the experiment again.")


def test_no_example_is_refused():
    with pytest.raises(DataError) as caught:
        metrics_of(TABLE.slice(0, 0), DataSchema("density"))
    assert str(caught.value) == "the predictions hold no example, so there is nothing to measure."
