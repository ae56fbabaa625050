"""The headline metric again, for the examples of each length, distance or number of pairs alone."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from seqarena.errors import DataError
from seqarena.evaluation.predictions import Metrics, metrics_of
from seqarena.metrics.metric import headline_metric, slice_metric
from seqarena.schema import DataSchema

SLICE_COLUMN = "slice"


def with_slices(predictions: pa.Table, slices: Int[np.ndarray, "examples"]) -> pa.Table:
    """Return the predictions, with what each example is counted under as a column `slice`.

    Raises:
        DataError: there is not one number for each row of the split.
    """
    if len(slices) != predictions.num_rows:
        raise DataError(
            f"{len(slices)} slices came for {predictions.num_rows} examples; each needs one."
        )
    own = slices[predictions["row"].to_numpy()]
    return predictions.append_column(SLICE_COLUMN, pa.array(own, pa.int64()))


def sliced_metrics(predictions: pa.Table, schema: DataSchema) -> Metrics:
    """Return the headline metric of the examples of each slice, in rising order.

    Raises:
        DataError: the schema does not say what the slices are.
    """
    if schema.slice_name is None:
        raise DataError("schema.slice_name: None; examples with slices need a name for them.")
    metric = headline_metric(schema)
    found: Metrics = {}
    for value in np.unique(predictions[SLICE_COLUMN].to_numpy()).tolist():
        own = predictions.filter(pc.equal(predictions[SLICE_COLUMN], value))
        name = slice_metric(metric, schema.slice_name, value).name
        found[name] = metrics_of(own, schema)[metric.name]
    return found
