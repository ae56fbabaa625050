"""A task's judgement in plain words: what can be concluded. `caveats` says what cannot."""

import math
from collections.abc import Sequence

from seqarena.reporting.judgement import JudgedCell, TaskJudgement
from seqarena.reporting.ranking import Table
from seqarena.wording import counted, named

_ONE = 1e-9
"""Means that differ by less are one."""
_TOLD = 6
"""Pairs that are told one by one."""


def verdict(table: Table) -> str:
    """Return what can be concluded of a task, as a paragraph."""
    judgement = table.task.judgement
    if judgement is None:
        return "Nothing was asked of these scores, so nothing is concluded from them."
    return " ".join(conclusion(judgement))


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


def _beside_baseline(judgement: TaskJudgement) -> list[str]:
    """Say who is better and who is worse than the baseline; nothing where there is none."""
    baseline = judgement.question.baseline
    if baseline is None:
        return []
    base = judgement.label(baseline)
    groups = {
        "Better than the baseline": "better",
        "Worse than the baseline": "worse",
    }
    lines = []
    for what, word in groups.items():
        own = [judgement.label(each.one) for each in judgement.pairs if each.word == word]
        lines.append(f"{what} {base}: {named(own) if own else 'nobody is shown to be'}.")
    return lines


def _pair_by_pair(judgement: TaskJudgement) -> list[str]:
    """Tell the pairs one by one where only some of all were asked for."""
    n_cells = len(judgement.cells) + len(judgement.set_aside)
    if len(judgement.pairs) == n_cells * (n_cells - 1) // 2:
        return []
    return [each.sentence for each in judgement.pairs[:_TOLD]]


def _leaders(judgement: TaskJudgement, compared: Sequence[JudgedCell]) -> list[str]:
    """Say who is beaten by nobody, and whom they beat; a mean alone makes no order."""
    labels = {cell.experiment: cell.label for cell in compared}
    wins = [(each.one, each.other) for each in judgement.pairs if each.word == "better"]
    wins += [(each.other, each.one) for each in judgement.pairs if each.word == "worse"]
    beaten = dict.fromkeys(loser for _, loser in wins)
    best = [name for name in labels if name not in beaten]
    if not wins:
        return [f"None of {named(list(labels.values()))} is shown to be better than another."]
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
        f"Nobody is shown to be better than {named([labels[name] for name in best])}, and none of "
        "these is shown to be better than another of them.",
        f"Shown to be worse than some other: {named([labels[name] for name in beaten])}.",
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
        f"{judgement.label(each.one)} and {judgement.label(each.other)}"
        for each in judgement.pairs
        if each.word == "equivalent"
    ]
    lines = [f"Of {pairs}: {', '.join(told)}."] if told else []
    return [*lines, f"Practically equal: {named(equal, '; ')}."] if equal else lines


def _floor(judgement: TaskJudgement) -> list[str]:
    gaps = [cell for cell in judgement.cells if cell.gap is not None]
    if judgement.floor is None or not gaps:
        return []
    metric = judgement.question.metric
    smallest = min(cell.gap or 0.0 for cell in gaps)
    best = [cell.label for cell in gaps if math.isclose(cell.gap or 0.0, smallest, abs_tol=_ONE)]
    who = (
        f"mean, that of {best[0]}, is" if len(best) == 1 else f"means, those of {named(best)}, are"
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
