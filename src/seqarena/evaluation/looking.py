"""Whether a classifier looked at the regions that its labels are about, for every test example."""

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Float, Int

from seqarena.attention.maps import HasNativeMaps, NativeMap
from seqarena.batch import Batch, Sequences, collate
from seqarena.data.batching import plan_evaluation
from seqarena.data.links import Links
from seqarena.evaluation.mode import evaluation_mode
from seqarena.evaluation.predictions import Metrics
from seqarena.metrics.metric import ATTENTION_METRICS

_POOLING = "pooling"


def with_looking(
    predictions: pa.Table, model: object, test: Sequences, links: Links, batch_size: int
) -> pa.Table:
    """Return the predictions, and where the model looked beside them.

    `attention_on_region` is the share of attention on the linked steps; `pointing_game` whether its
    largest weight is there (of several equal ones, the share that is); `region_share` the share of
    steps that are linked, which attention without preference gives to both. Of a model without
    attention weights nothing is said.
    """
    rows: list[int] = []
    found: list[Float[np.ndarray, "3"]] = []
    with evaluation_mode(model), torch.inference_mode():
        for chosen in plan_evaluation(test.lengths, batch_size):
            batch = collate(test, chosen)
            looked = attention_of(model, batch)
            if looked is None:
                return predictions
            rows += chosen.tolist()
            for row, own, length in zip(chosen, looked, batch.lengths.tolist(), strict=True):
                found.append(scores(own[:length], links.sequence(int(row))[:, 0]))
    ordered = np.stack(found)[np.argsort(rows)]
    for metric, column in zip(ATTENTION_METRICS, ordered.T, strict=True):
        predictions = predictions.append_column(metric.name, pa.array(column, pa.float64()))
    return predictions


def looking_metrics(predictions: pa.Table) -> Metrics:
    """Return the means over all examples; nothing where nothing is known."""
    return {
        metric.name: float(predictions[metric.name].to_numpy().mean())
        for metric in ATTENTION_METRICS
        if metric.name in predictions.column_names
    }


def attention_of(model: object, batch: Batch) -> Float[np.ndarray, "batch time"] | None:
    """Return the weight that each step gets, heads averaged; None where there are no weights.

    Those of the pooling, where attention pools; else those of the last layer of self-attention, as
    the mean over the steps that look.
    """
    if not isinstance(model, HasNativeMaps):
        return None
    maps = [each for each in model.native_maps(batch) if each.kind == "weights"]
    pooling = [each for each in maps if each.name == _POOLING]
    return _received((pooling or maps)[-1]) if maps else None


def scores(
    weights: Float[np.ndarray, "time"], steps: Int[np.ndarray, "linked"]
) -> Float[np.ndarray, "3"]:
    """Return the share of attention on some steps, whether the largest is there, and their share.

    Attention that sums to 0 has looked at nothing, and so at none of them.
    """
    is_linked = np.zeros(len(weights), dtype=bool)
    is_linked[steps] = True
    total = float(weights.sum())
    on_them = float(weights[is_linked].sum()) / total if total > 0 else 0.0
    return np.array([on_them, is_linked[weights == weights.max()].mean(), is_linked.mean()])


def _received(one: NativeMap) -> Float[np.ndarray, "batch time"]:
    looking = one.values.double().mean(dim=1)
    n_rows = one.row_mask.sum(dim=1, keepdim=True)
    received: np.ndarray = (looking.sum(dim=1) / n_rows).cpu().numpy()
    return received
