"""What is measured on a task, in which unit, and which way is better."""

from dataclasses import dataclass, replace

from seqarena.schema import DataSchema, Judgement, TaskKind


@dataclass(frozen=True)
class Metric:
    """One number about predictions on a split."""

    name: str
    """Key in metrics.json and in MLflow."""
    label: str
    """What a table's head calls it."""
    unit: str
    higher_is_better: bool
    digits: int = 3
    """Digits after the point in a table: as many as are published."""


BITS_PER_STEP = Metric("bits_per_step", "bits per symbol", "bits", higher_is_better=False)
NATS_PER_STEP = Metric("nats_per_step", "nats per step", "nats", higher_is_better=False)
NATS_PER_STEP_OF_SEQUENCES = Metric(
    "nats_per_step_of_sequences",
    "nats per step, mean over sequences",
    "nats",
    higher_is_better=False,
)
PERPLEXITY = Metric("perplexity", "perplexity", "symbols to choose from", higher_is_better=False)
ACCURACY = Metric("accuracy", "accuracy", "share of examples", higher_is_better=True)
EXACT_MATCH = Metric("exact_match", "exact match", "share of examples", higher_is_better=True)
CHARACTER_ERROR_RATE = Metric(
    "character_error_rate",
    "character error rate",
    "edits per gold character",
    higher_is_better=False,
)
WORD_ERROR_RATE = Metric(
    "word_error_rate", "word error rate", "edits per gold word", higher_is_better=False
)
PHONEME_ERROR_RATE = Metric(
    "phoneme_error_rate", "phoneme error rate", "edits per gold phoneme", higher_is_better=False
)
WRONG_WORDS = Metric("word_error_rate", "word error rate", "share of words", higher_is_better=False)
BLEU = Metric("bleu", "BLEU", "sacreBLEU of detokenised text, 0 to 100", higher_is_better=True)
CHRF = Metric("chrf", "chrF", "0 to 100", higher_is_better=True)
ROUGE_1 = Metric("rouge_1", "ROUGE-1", "F1, 0 to 100", higher_is_better=True)
ROUGE_2 = Metric("rouge_2", "ROUGE-2", "F1, 0 to 100", higher_is_better=True)
ROUGE_L = Metric("rouge_l", "ROUGE-L", "F1, 0 to 100", higher_is_better=True)
BITS_PER_EXAMPLE = Metric("bits_per_example", "bits per label", "bits", higher_is_better=False)
MACRO_F1 = Metric("macro_f1", "macro F1", "share", higher_is_better=True)
BRIER = Metric("brier", "Brier score", "squared distance, 0 to 2", higher_is_better=False)
CALIBRATION_ERROR = Metric(
    "expected_calibration_error",
    "calibration error",
    "mean distance between confidence and accuracy, 15 bins",
    higher_is_better=False,
)
BITS_PER_TARGET_SYMBOL = Metric(
    "bits_per_target_symbol", "bits per target symbol", "bits", higher_is_better=False
)
TAG_ACCURACY = Metric("tag_accuracy", "tag accuracy", "share of steps", higher_is_better=True)
BITS_PER_TAG = Metric("bits_per_tag", "bits per tag", "bits", higher_is_better=False)

ALIGNMENT_F1 = Metric("alignment_f1", "alignment F1", "share of links", higher_is_better=True)
ALIGNMENT_PRECISION = Metric(
    "alignment_precision", "precision", "share of predicted links", higher_is_better=True
)
ALIGNMENT_RECALL = Metric(
    "alignment_recall", "recall", "share of gold links", higher_is_better=True
)
ALIGNMENT_ERROR_RATE = Metric(
    "alignment_error_rate", "alignment error rate", "share of links", higher_is_better=False
)
SHIFTED_F1 = Metric(
    "alignment_f1_shifted",
    "F1 one step later",
    "share of links, read where the target step is the decoder's input",
    higher_is_better=True,
)

HIT_RATES = tuple(
    Metric(f"hit_rate_at_{k}", f"HR@{k}", "share of users", higher_is_better=True, digits=4)
    for k in (10, 1, 5, 20)
)
NDCG = tuple(
    Metric(f"ndcg_at_{k}", f"NDCG@{k}", "mean gain, 0 to 1", higher_is_better=True, digits=4)
    for k in (10, 5, 20)
)
MRR = Metric("mrr", "MRR", "mean of 1 / rank over users", higher_is_better=True, digits=4)
BITS_PER_ITEM = Metric("bits_per_item", "bits per item", "bits", higher_is_better=False)
ATTENTION_METRICS = (
    Metric(
        "attention_on_region",
        "attention on the region",
        "share of attention",
        higher_is_better=True,
    ),
    Metric(
        "pointing_game",
        "pointing game",
        "share of examples whose largest weight is on the region",
        higher_is_better=True,
    ),
    Metric(
        "region_share", "by chance", "share of steps that are the region", higher_is_better=True
    ),
)
"""Where a classifier looked, on tasks that know what a label is about; the last is chance."""


def slice_metric(metric: Metric, slice_name: str, value: int) -> Metric:
    """Return a metric of the examples alone whose `slice_name` is `value`."""
    return replace(
        metric,
        name=f"{metric.name}_at_{slice_name}_{value}",
        label=f"{slice_name} {value}",
    )


_HEADLINE: dict[TaskKind, Metric] = {
    "density": BITS_PER_STEP,
    "classification": ACCURACY,
    "tagging": TAG_ACCURACY,
    "transduction": EXACT_MATCH,
    "alignment": ALIGNMENT_F1,
    "recommendation": NDCG[0],
}

_OF_TEXTS: dict[Judgement, tuple[Metric, ...]] = {
    "symbols": (),
    "pronunciation": (PHONEME_ERROR_RATE, WRONG_WORDS, BITS_PER_TARGET_SYMBOL),
    "translation": (BLEU, CHRF, BITS_PER_TARGET_SYMBOL),
    "summary": (ROUGE_L, ROUGE_1, ROUGE_2, BITS_PER_TARGET_SYMBOL),
}
"""What is measured where whole outputs are judged as texts, the headline first."""


def headline_metric(schema: DataSchema) -> Metric:
    """Return the metric that orders the families of a task.

    Densities of frames are told in nats per step, as they are published. Of transductions into
    characters whole outputs are counted, of those into words the words; others say themselves how
    they are judged.
    """
    match schema.task_kind:
        case "transduction" if schema.judged_as != "symbols":
            return _OF_TEXTS[schema.judged_as][0]
        case "density" if schema.input_kind == "frames":
            return NATS_PER_STEP
        case "transduction" if schema.target_unit == "word":
            return WORD_ERROR_RATE
        case kind:
            return _HEADLINE[kind]


_FURTHER: dict[TaskKind, tuple[Metric, ...]] = {
    "density": (),
    "classification": (BITS_PER_EXAMPLE, MACRO_F1, BRIER, CALIBRATION_ERROR),
    "tagging": (MACRO_F1, BITS_PER_TAG, EXACT_MATCH),
    "transduction": (CHARACTER_ERROR_RATE, BITS_PER_TARGET_SYMBOL),
    "alignment": (ALIGNMENT_PRECISION, ALIGNMENT_RECALL, ALIGNMENT_ERROR_RATE, SHIFTED_F1),
    "recommendation": (HIT_RATES[0], MRR, BITS_PER_ITEM, *HIT_RATES[1:], *NDCG[1:]),
}
_N_IN_TABLE: dict[TaskKind, int] = {"alignment": 4, "tagging": 2, "recommendation": 3}


def further_metrics(schema: DataSchema) -> tuple[Metric, ...]:
    """Return what else is measured on a task, the most telling first.

    Densities of characters are published in nats too, those of words as perplexity.
    """
    match schema.task_kind:
        case "transduction" if schema.judged_as != "symbols":
            return _OF_TEXTS[schema.judged_as][1:]
        case "density" if schema.input_kind == "frames":
            return (NATS_PER_STEP_OF_SEQUENCES,)
        case "density" if schema.symbol_unit == "character":
            return (NATS_PER_STEP,)
        case "density" if schema.symbol_unit == "word":
            return (PERPLEXITY,)
        case "transduction" if schema.target_unit == "word":
            return (EXACT_MATCH, BITS_PER_TARGET_SYMBOL)
        case kind:
            return _FURTHER[kind]


def table_metrics(schema: DataSchema) -> tuple[Metric, ...]:
    """Return those of the further metrics that stand in a task's table beside the headline."""
    if schema.judged_as == "summary":
        return (ROUGE_1, ROUGE_2)
    return further_metrics(schema)[: _N_IN_TABLE.get(schema.task_kind, 1)]


def metrics_of_kind(kind: TaskKind) -> list[str]:
    """Return the names of all metrics that some task of a kind is judged by, sorted.

    Which of them one task is judged by is known when its data is.
    """
    found = {_HEADLINE[kind], *_FURTHER.get(kind, ())}
    if kind == "density":
        found |= {NATS_PER_STEP, NATS_PER_STEP_OF_SEQUENCES, PERPLEXITY}
    if kind == "transduction":
        found |= {WORD_ERROR_RATE, *(metric for own in _OF_TEXTS.values() for metric in own)}
    return sorted({metric.name for metric in found})


def judged_by(schema: DataSchema) -> tuple[Metric, ...]:
    """Return every metric that a task is judged by, its headline first."""
    return (headline_metric(schema), *further_metrics(schema))
