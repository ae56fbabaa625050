"""A task's judgement in plain words: what can be concluded, and what cannot."""

import math
from collections.abc import Sequence

from seqarena.reporting.judgement import JudgedCell, JudgedPair, TaskJudgement
from seqarena.reporting.ranking import Table
from seqarena.wording import counted

_SCOPE = (
    "All of this speaks of other seeds and of other test examples like these. It says nothing of "
    "other data, of other sizes or settings of the families, or of a longer search for them."
)
_ONE = 1e-9
"""Means that differ by less are one."""
_NAMED = 6
"""Names that a sentence lists; more are counted."""


def verdict(table: Table) -> str:
    """Return what can be concluded of a task, as a paragraph."""
    judgement = table.task.judgement
    if judgement is None:
        return "Nothing was asked of these scores, so nothing is concluded from them."
    return " ".join(conclusion(judgement))


def caveat(table: Table) -> str:
    """Return what was asked of a task, and what cannot be concluded, as a paragraph."""
    judgement = table.task.judgement
    spread = _plus_minus(table.task.confidence)
    if judgement is None:
        return spread
    return " ".join([asked(judgement), *limits(judgement), spread])


def conclusion(judgement: TaskJudgement) -> list[str]:
    """Return what can be concluded, a sentence each, the most important first."""
    if judgement.errors:
        return [*judgement.errors, "Nothing is concluded until that is explained."]
    compared = [cell for cell in judgement.cells if cell.scores]
    if not compared:
        return ["No experiment of this task has a result, so nothing can be concluded."]
    if len(compared) == 1:
        alone = f"{compared[0].label} stands alone: there is nothing to compare it with."
        return [alone, *_floor(judgement)]
    told = _beside_baseline(judgement) or _pair_by_pair(judgement) or _leaders(judgement, compared)
    return [*told, *_counts(judgement), *_floor(judgement)]


def limits(judgement: TaskJudgement) -> list[str]:
    """Return what cannot be concluded, and why, a sentence each."""
    lines = [*_few_seeds(judgement), *_infinite(judgement), *_failed(judgement)]
    lines += [
        f"{each.label} is in no table with the others: {'. '.join(each.reasons)}."
        for each in judgement.set_aside
    ]
    lines += _undecided(judgement)
    if judgement.question.region is None and judgement.pairs:
        lines.append(
            "The question names no region of practical equivalence, so nothing can be called equal."
        )
    return [*lines, _SCOPE]


def asked(judgement: TaskJudgement) -> str:
    """Return the question in a sentence or two, as it was fixed before anything ran."""
    question, metric = judgement.question, judgement.question.metric
    way = "higher" if metric.higher_is_better else "lower"
    region = (
        f"; a difference of at most {question.region:g} does not matter" if question.region else ""
    )
    base = question.baseline
    against = "" if base is None else f", each against {_label(judgement, base)}"
    pairs = counted(question.n_pairs, "pair")
    level = f"{100 * question.confidence:g} %"
    return (
        f"Asked beforehand: {metric.label} ({metric.unit}; {way} is better){region}. {pairs} "
        f"compared{against}, with Holm's correction for all of them at {level}."
    )


def _plus_minus(confidence: float) -> str:
    return (
        f"± is half of a {100 * confidence:g} % Student t interval: how far the mean moves with "
        "the seed, on these test examples; a family that does not use the seed has ± 0."
    )


def _beside_baseline(judgement: TaskJudgement) -> list[str]:
    """Say who is better and who is worse than the baseline; nothing where there is none."""
    baseline = judgement.question.baseline
    if baseline is None:
        return []
    base = _label(judgement, baseline)
    groups = {
        "Better than the baseline": "better",
        "Worse than the baseline": "worse",
    }
    lines = []
    for what, word in groups.items():
        own = [_label(judgement, each.one) for each in judgement.pairs if each.word == word]
        lines.append(f"{what} {base}: {_named(own) if own else 'nobody is shown to be'}.")
    return lines


def _pair_by_pair(judgement: TaskJudgement) -> list[str]:
    """Tell the pairs one by one where only some of all were asked for."""
    n_cells = len(judgement.cells) + len(judgement.set_aside)
    if len(judgement.pairs) == n_cells * (n_cells - 1) // 2:
        return []
    return [each.sentence for each in judgement.pairs[:_NAMED]]


def _leaders(judgement: TaskJudgement, compared: Sequence[JudgedCell]) -> list[str]:
    """Say who is beaten by nobody, and whom they beat; a mean alone makes no order."""
    labels = {cell.experiment: cell.label for cell in compared}
    wins = [(each.one, each.other) for each in judgement.pairs if each.word == "better"]
    wins += [(each.other, each.one) for each in judgement.pairs if each.word == "worse"]
    beaten = dict.fromkeys(loser for _, loser in wins)
    best = [name for name in labels if name not in beaten]
    if not wins:
        return [f"None of {_named(list(labels.values()))} is shown to be better than another."]
    if len(best) == 1:
        n_below = len({loser for winner, loser in wins if winner == best[0]})
        n_others = len(labels) - 1
        if n_below == n_others:
            others = "the other one" if n_others == 1 else f"each of the {n_others} others"
            return [f"{labels[best[0]]} is better than {others}."]
        return [
            f"Nobody is shown to be better than {labels[best[0]]}, which is better than {n_below} "
            f"of the {n_others} others."
        ]
    return [
        f"Nobody is shown to be better than {_named([labels[name] for name in best])}, and none of "
        "these is shown to be better than another of them.",
        f"Shown to be worse than some other: {_named([labels[name] for name in beaten])}.",
    ]


def _counts(judgement: TaskJudgement) -> list[str]:
    words = [each.word for each in judgement.pairs]
    found = {
        "told apart": words.count("better") + words.count("worse"),
        "practically equal": words.count("equivalent"),
        "without a difference that could be shown": words.count("no difference shown"),
        "without an answer": words.count("cannot say"),
    }
    told = [f"{n} {what}" for what, n in found.items() if n]
    pairs = counted(len(words), "pair")
    equal = [
        f"{_label(judgement, each.one)} and {_label(judgement, each.other)}"
        for each in judgement.pairs
        if each.word == "equivalent"
    ]
    lines = [f"Of {pairs}: {', '.join(told)}."] if told else []
    return [*lines, f"Practically equal: {_named(equal, '; ')}."] if equal else lines


def _floor(judgement: TaskJudgement) -> list[str]:
    gaps = [cell for cell in judgement.cells if cell.gap is not None]
    if judgement.floor is None or not gaps:
        return []
    metric = judgement.question.metric
    smallest = min(cell.gap or 0.0 for cell in gaps)
    best = [cell.label for cell in gaps if math.isclose(cell.gap or 0.0, smallest, abs_tol=_ONE)]
    who = (
        f"mean, that of {best[0]}, is" if len(best) == 1 else f"means, those of {_named(best)}, are"
    )
    side = "below" if metric.higher_is_better else "above"
    unit = f" {metric.unit}" if metric.unit in ("bits", "nats") else ""
    size = f"{abs(smallest):.{metric.digits}f}"
    if abs(smallest) <= _ONE:
        where = ""
    elif not float(size):
        where = f"less than {10**-metric.digits:.{metric.digits}f}{unit} from "
    else:
        # By chance, on a few examples, or by more than that: then the report has an error.
        where = f"{size}{unit} {side if smallest > 0 else 'better than'} "
    return [
        f"The best {who} {where}the best possible value of {judgement.floor:.{metric.digits}f}."
    ]


def _few_seeds(judgement: TaskJudgement) -> list[str]:
    single = [cell.label for cell in judgement.cells if len(cell.scores) == 1]
    if not single:
        return []
    everyone = len(single) == len([cell for cell in judgement.cells if cell.scores])
    who = "Every experiment" if everyone else _named(single)
    return [
        f"One seed only: {who}. How far a score moves with the seed is then unknown, so nothing is "
        "said of the families; what is said of these very fits stands beside each pair."
    ]


def _infinite(judgement: TaskJudgement) -> list[str]:
    return [
        f"{cell.label} called something impossible that stands in the test split ("
        f"{cell.n_infinite} of {counted(len(cell.scores), 'seed')}): its score is infinitely bad, "
        "and has no mean."
        for cell in judgement.cells
        if cell.n_infinite
    ]


def _failed(judgement: TaskJudgement) -> list[str]:
    return [
        f"{cell.label}: {cell.n_failed} of {counted(cell.n_asked, 'seed')} left no score, and what "
        "the others say may flatter it."
        for cell in judgement.cells
        if cell.n_failed and cell.scores
    ] + [
        f"{cell.label} left no score at all ({counted(cell.n_asked, 'seed')}): {cell.troubles[0]}"
        for cell in judgement.cells
        if not cell.scores and cell.troubles
    ]


def _undecided(judgement: TaskJudgement) -> list[str]:
    """Name the pairs of which neither difference nor equality was shown, the widest first."""
    open_pairs = [each for each in judgement.pairs if each.word == "no difference shown"]
    if not open_pairs:
        return []
    widest = max(open_pairs, key=_reach)
    names = [
        f"{_label(judgement, each.one)} and {_label(judgement, each.other)}" for each in open_pairs
    ]
    digits = judgement.question.metric.digits
    return [
        f"Not told apart, which is not to say equal: {_named(names, '; ')}. Between "
        f"{_label(judgement, widest.one)} and {_label(judgement, widest.other)} a difference of up "
        f"to {_reach(widest):.{digits}f} is not excluded."
    ]


def _reach(pair: JudgedPair) -> float:
    return max(abs(pair.low or 0.0), abs(pair.high or 0.0))


def _label(judgement: TaskJudgement, experiment: str) -> str:
    return next(
        (cell.label for cell in judgement.cells if cell.experiment == experiment), experiment
    )


def _named(names: Sequence[str], between: str = ", ") -> str:
    """Return the names, the last few as a number where they are many."""
    if len(names) > _NAMED:
        return f"{between.join(names[:_NAMED])}{between}and {len(names) - _NAMED} more"
    if between == ", " and len(names) > 1:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return between.join(names)
