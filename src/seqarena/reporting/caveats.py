"""What was asked of a task, and what its judgement cannot say, in plain words."""

from seqarena.reporting.judgement import JudgedPair, TaskJudgement
from seqarena.reporting.ranking import Table
from seqarena.wording import counted, named

_SCOPE = (
    "All of this speaks of other seeds and of other test examples like these. It says nothing of "
    "other data, of other sizes or settings of the families, or of a longer search for them."
)


def caveat(table: Table) -> str:
    """Return what was asked of a task, and what cannot be concluded, as a paragraph."""
    judgement = table.task.judgement
    spread = _plus_minus(table.task.confidence)
    if judgement is None:
        return spread
    return " ".join([asked(judgement), *limits(judgement), spread])


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
    against = "" if base is None else f", each against {judgement.label(base)}"
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


def _few_seeds(judgement: TaskJudgement) -> list[str]:
    single = [cell.label for cell in judgement.cells if len(cell.scores) == 1]
    if not single:
        return []
    everyone = len(single) == len([cell for cell in judgement.cells if cell.scores])
    who = "Every experiment" if everyone else named(single)
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
        f"{judgement.label(each.one)} and {judgement.label(each.other)}" for each in open_pairs
    ]
    digits = judgement.question.metric.digits
    return [
        f"Not told apart, which is not to say equal: {named(names, '; ')}. Between "
        f"{judgement.label(widest.one)} and {judgement.label(widest.other)} a difference of up "
        f"to {_reach(widest):.{digits}f} is not excluded."
    ]


def _reach(pair: JudgedPair) -> float:
    return max(abs(pair.low or 0.0), abs(pair.high or 0.0))
