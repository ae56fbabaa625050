"""A system that called something impossible that came about: infinitely worse, without any test."""

from seqarena.significance.difference import Difference
from seqarena.significance.estimate import Unknown
from seqarena.significance.over_seeds import superiority
from seqarena.significance.statistics import ExampleStatistics
from seqarena.wording import counted

Pair = tuple[ExampleStatistics, ExampleStatistics]


def infinite_difference(names: tuple[str, str], pair: Pair) -> Difference:
    """Return the difference of two systems of which at least one has an infinite mean score.

    One such example is proof, not evidence: what came about has a positive probability, so the
    expected score of a system that calls it impossible is infinite, whatever else is drawn. Hence
    no interval and no p-value. Two infinite means are not compared.
    """
    found = [system.seed_scores() for system in pair]
    is_infinite = [bool((abs(scores) == float("inf")).any()) for scores in found]
    lines = [
        _line(name, system)
        for name, system, infinite in zip(names, pair, is_infinite, strict=True)
        if infinite
    ]
    unknown = Unknown("both infinite" if all(is_infinite) else "infinite", " ".join(lines))
    return Difference(
        names=names,
        scores=(tuple(found[0].tolist()), tuple(found[1].tolist())),
        value=None if all(is_infinite) else float("-inf" if is_infinite[0] else "inf"),
        of_families=unknown,
        of_fits=unknown,
        effect_size=unknown,
        superiority=superiority(names, pair),
        n_examples=pair[0].n_examples,
        n_impossible=(int(pair[0].is_impossible.sum()), int(pair[1].is_impossible.sum())),
    )


def _line(name: str, system: ExampleStatistics) -> str:
    impossible = [each for each, flag in zip(system.ids, system.is_impossible, strict=True) if flag]
    if not impossible:
        return f"The score of {name} is infinite."
    n_seeds = sum(abs(score) == float("inf") for score in system.seed_scores())
    return (
        f"{name} called {counted(len(impossible), 'example')} impossible (first {impossible[0]!r}) "
        f"in {n_seeds} of {counted(system.n_seeds, 'seed')}, so its score is infinite."
    )
