"""The headline metric as a ratio of sums over examples, so that any part of them has one too."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float

from seqarena.logspace import NATS_PER_BIT
from seqarena.metrics.metric import headline_metric
from seqarena.metrics.ranking import Ranks
from seqarena.schema import DataSchema


@dataclass(frozen=True)
class Ratio:
    """What each example adds above and below the line."""

    parts: Float[np.ndarray, "examples"]
    sizes: Float[np.ndarray, "examples"]

    def of(self, chosen: Bool[np.ndarray, "examples"]) -> float:
        """Return the metric of some of the examples; not a number where they count for nothing."""
        size = float(self.sizes[chosen].sum())
        return float(self.parts[chosen].sum()) / size if size else float("nan")


def headline_ratio(predictions: pa.Table, schema: DataSchema) -> Ratio | None:
    """Return the headline metric of a task example by example.

    None where it is no such ratio: BLEU and its like are of a corpus as a whole.
    """

    def column(name: str) -> Float[np.ndarray, "examples"]:
        values: np.ndarray = predictions[name].to_numpy(zero_copy_only=False)
        return values.astype(np.float64)

    each = np.ones(predictions.num_rows)
    match headline_metric(schema).name:
        case "bits_per_step":
            return Ratio(-column("log_prob") / NATS_PER_BIT, column("n_scored"))
        case "nats_per_step":
            return Ratio(-column("log_prob"), column("n_scored"))
        case "accuracy":
            return Ratio((column("label") == column("predicted")).astype(np.float64), each)
        case "tag_accuracy":
            return Ratio(column("n_correct"), column("n_scored"))
        case "exact_match":
            return Ratio(column("exact"), each)
        case "word_error_rate" if schema.judged_as == "symbols":
            return Ratio(column("edits"), column("n_gold"))
        case "alignment_f1":
            return Ratio(2 * column("n_correct"), column("n_predicted") + column("n_gold"))
        case "ndcg_at_10":
            names = ("n_better", "n_ties", "n_candidates")
            ranks = Ranks(*(column(name).astype(np.int64) for name in names))
            return Ratio(ranks.gains(10), each)
        case _:
            return None
