"""Does the comparison say "no difference" where there is none, and find one that is there?

    python benchmarks/trust.py [N_SIMULATIONS]

Draws the losses of two families from a hierarchical model (seed, example, family on example, seed
on example), compares them as a report does, and counts the verdicts. Beside it stand three things
that are often done instead. Then the time for the comparisons of a whole report. Prints tables and
writes them to `results/`.
"""

import sys
import time
from dataclasses import dataclass
from itertools import product

import numpy as np
from side_by_side import RESULTS, machine

from seqarena.significance.components import ErrorParts
from seqarena.significance.corrections import holm
from seqarena.significance.examples import compare_all, compare_examples
from seqarena.significance.scores import ratio
from seqarena.significance.seeds import welch_difference
from seqarena.significance.statistics import ExampleStatistics
from seqarena.significance.student import estimate_of_parts
from seqarena.significance.task_scores import TaskScores
from seqarena.significance.tasks import compare_over_tasks
from seqarena.significance.verdict import Word, verdict

N_SIMULATIONS = 200
N_DRAWS = 500
"""Draws of a comparison: fewer than a report's 10,000, which changes no level."""
SEEDS = (3, 5, 10)
EXAMPLES = (100, 1_000)
GAP = 0.05
"""Planted difference [bits]."""
REGION = 0.01
"""Region of practical equivalence [bits]."""
LEVEL = 0.05
N_STRAIGHT = 20_000
"""Comparisons a row of which only the parts of the error are drawn."""


@dataclass(frozen=True)
class World:
    """Where losses come from: standard deviations [bits] about a mean of 2."""

    name: str
    seed: tuple[float, float] = (0.03, 0.03)
    """What a seed does to all examples, for either family."""
    family_on_example: float = 0.2
    """What a family does to an example, whatever its seed; 0: both are the same family."""
    seed_on_example: tuple[float, float] = (0.3, 0.3)
    example: float = 0.5
    """What an example does to everybody."""

    def draw(
        self, n_seeds: int, n_examples: int, gap: float, rng: np.random.Generator
    ) -> tuple[ExampleStatistics, ExampleStatistics]:
        """Return the statistics of two families, of which the first is better by `gap` bits."""
        example = rng.normal(2, self.example, size=n_examples)
        steps = rng.integers(5, 50, size=n_examples).astype(np.float64)
        ids = tuple(map(str, range(n_examples)))
        pair = []
        for family, better in ((0, gap), (1, 0.0)):
            losses = (
                example
                - better
                + rng.normal(0, self.family_on_example, size=n_examples)
                + rng.normal(0, self.seed[family], size=(n_seeds, 1))
                + rng.normal(0, self.seed_on_example[family], size=(n_seeds, n_examples))
            )
            values = np.stack([losses * steps, np.broadcast_to(steps, losses.shape)], axis=2)
            pair.append(ExampleStatistics(values, ratio, False, ids))
        return pair[0], pair[1]


WORLDS = (
    World("the same family twice", family_on_example=0.0),
    World("the same family twice, seeds matter much", (0.1, 0.1), 0.0, (0.1, 0.1)),
    World("two families, equally good"),
    World("two families, seeds matter much", (0.1, 0.1)),
    World("two families, one ignores its seed", (0.03, 0.0), 0.2, (0.3, 0.0)),
)


@dataclass(frozen=True)
class Tally:
    """Of how many simulations a difference was claimed, by each way of comparing."""

    chain: float
    fits: float
    """Approximate randomisation of the fits, taken for an answer about families."""
    welch: float
    """Welch's t over seeds: one test set taken for all examples there are."""
    nested: float
    """Percentile bootstrap that redraws examples and seeds."""


def tally(world: World, n_seeds: int, n_examples: int, n: int) -> Tally:
    """Compare two families between which there is no difference, `n` times."""
    rng = np.random.default_rng([n_seeds, n_examples, WORLDS.index(world), 0])
    claims = np.zeros(4)
    for number in range(n):
        pair = world.draw(n_seeds, n_examples, 0.0, rng)
        found = compare_examples(*pair, n_draws=N_DRAWS, seed=number)
        words: tuple[Word, ...] = ("better", "worse")
        scores = [each.seed_scores().tolist() for each in pair]
        claims += [
            verdict(found, region=REGION).word in words,
            found.of_fits.p_value <= LEVEL,
            welch_difference(*scores, higher_is_better=False).p_value <= LEVEL,
            nested_bootstrap_claims(pair, rng),
        ]
    return Tally(*(claims / n))


def power(world: World, n_seeds: int, n_examples: int, n: int) -> float:
    """Return how often the comparison finds the planted gap."""
    rng = np.random.default_rng([n_seeds, n_examples, WORLDS.index(world)])
    found = 0
    for number in range(n):
        pair = world.draw(n_seeds, n_examples, GAP, rng)
        compared = compare_examples(*pair, n_draws=N_DRAWS, seed=number)
        found += verdict(compared, region=REGION).word == "better"
    return found / n


def nested_bootstrap_claims(
    pair: tuple[ExampleStatistics, ExampleStatistics], rng: np.random.Generator
) -> bool:
    """Say whether 0 is outside the 95 % interval of a bootstrap over examples and seeds."""
    n = pair[0].n_examples
    drawn = rng.integers(n, size=(N_DRAWS, n)) + n * np.arange(N_DRAWS)[:, None]
    weights = np.bincount(drawn.ravel(), minlength=N_DRAWS * n).reshape(N_DRAWS, n).astype(float)
    means = []
    for each in pair:
        scores = each.score(np.einsum("de,sek->dsk", weights, each.values, optimize=True))
        seeds = rng.integers(each.n_seeds, size=scores.shape)
        means.append(np.take_along_axis(scores, seeds, axis=1).mean(axis=1))
    low, high = np.quantile(means[0] - means[1], [LEVEL / 2, 1 - LEVEL / 2])
    return bool(low > 0 or high < 0)


def levels(n: int) -> str:
    """Return the table of claims where nothing is."""
    lines, chain = [], {world.name: 0.0 for world in WORLDS}
    for world, n_seeds, n_examples in product(WORLDS, SEEDS, EXAMPLES):
        found = tally(world, n_seeds, n_examples, n)
        chain[world.name] += (1 - found.chain) / len(SEEDS) / len(EXAMPLES)
        others = (found.fits, found.welch, found.nested)
        cells = [
            world.name,
            str(n_seeds),
            f"{n_examples:,}",
            f"{1 - found.chain:.1%}",
            *(f"{1 - share:.1%}" for share in others),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    head = (
        '| there is no difference | seeds | examples | says "no difference" | randomisation of the '
        "fits alone | Welch over seeds alone | bootstrap of examples and seeds |\n"
        "|:--|--:|--:|--:|--:|--:|--:|\n"
    )
    n_all = n * len(SEEDS) * len(EXAMPLES)
    means = "; ".join(f"{name} {share:.1%}" for name, share in chain.items())
    return head + "\n".join(lines) + f"\n\nOver the rows of each ({n_all:,}): {means}.\n"


def straight_levels() -> str:
    """Return the table of levels from many comparisons whose parts are drawn as theory has them."""
    sizes = " | ".join(f"{n_examples:,} examples" for n_examples in EXAMPLES)
    lines = [f"| there is no difference | seeds | {sizes} |", f"|:--|--:|{'--:|' * len(EXAMPLES)}"]
    for world, n_seeds in product(WORLDS, SEEDS):
        found = [straight_level(world, n_seeds, n_examples) for n_examples in EXAMPLES]
        lines.append(f"| {world.name} | {n_seeds} | {' | '.join(f'{x:.1%}' for x in found)} |")
    return "\n".join(lines) + "\n"


def straight_level(world: World, n_seeds: int, n_examples: int) -> float:
    """Return how often Student's t of the families finds nothing where nothing is.

    Of examples of equal length the parts of the error are independent chi-squares: no example need
    be drawn.
    """
    rng = np.random.default_rng([n_seeds, n_examples, WORLDS.index(world), 1])
    cells = np.array(world.seed_on_example)[:, None, None] / n_examples**0.5
    shape = (2, N_STRAIGHT, n_seeds)
    scores = rng.normal(0, np.array(world.seed)[:, None, None], shape) + rng.normal(0, cells, shape)
    values = scores[0].mean(axis=1) - scores[1].mean(axis=1)
    in_family = 2 * world.family_on_example**2 / n_examples
    values += rng.normal(0, in_family**0.5, N_STRAIGHT)
    in_cells = float((cells**2).sum() / n_seeds)
    of_examples = (in_family + in_cells) * _share(rng, n_examples - 1)
    in_both = in_cells * _share(rng, (n_seeds - 1) * (n_examples - 1))
    of_seeds = (scores.var(axis=2, ddof=1) / n_seeds).T
    n_quiet = 0
    for value, seeds, examples, both in zip(values, of_seeds, of_examples, in_both, strict=True):
        one, other = map(float, seeds)
        parts = ErrorParts(
            (one, other), float(examples), float(both), (n_seeds, n_seeds), n_examples
        )
        found = estimate_of_parts(float(value), parts.parts, confidence=1 - LEVEL, method="")
        n_quiet += found.low <= 0 <= found.high
    return n_quiet / N_STRAIGHT


def _share(rng: np.random.Generator, dof: int) -> np.ndarray:
    return rng.chisquare(dof, N_STRAIGHT) / dof


def powers(n: int) -> str:
    """Return the table of how often a planted gap is found."""
    sizes = " | ".join(f"{n_examples:,} examples" for n_examples in EXAMPLES)
    lines = [
        f"| the first is better by {GAP} bits | seeds | {sizes} |",
        f"|:--|--:|{'--:|' * len(EXAMPLES)}",
    ]
    for world, n_seeds in product(WORLDS, SEEDS):
        found = [power(world, n_seeds, n_examples, n) for n_examples in EXAMPLES]
        lines.append(f"| {world.name} | {n_seeds} | {' | '.join(f'{x:.1%}' for x in found)} |")
    return "\n".join(lines) + "\n"


def speed() -> str:
    """Return how long the comparisons of 100 cells take."""
    n_tasks, families, n_seeds, n_examples = 10, "abcdefghij", 3, 1_000
    rng = np.random.default_rng(0)
    tasks = [
        {name: WORLDS[2].draw(n_seeds, n_examples, 0.0, rng)[0] for name in families}
        for _ in range(n_tasks)
    ]
    began = _now()
    differences = [compare_all(systems) for systems in tasks]
    for found in differences:
        p_values = holm([each.of_families.p_value for each in found.values()])
        for each, corrected in zip(found.values(), p_values, strict=True):
            verdict(each, region=REGION, corrected=corrected)
    middle = _now()
    means = [[system.seed_scores().mean() for system in systems.values()] for systems in tasks]
    compare_over_tasks(
        TaskScores(
            np.array(means),
            tuple(f"task-{place}" for place in range(n_tasks)),
            tuple(families),
            (False,) * n_tasks,
            (REGION,) * n_tasks,
        )
    )
    ended = _now()
    n_pairs = sum(map(len, differences))
    return (
        f"| {n_tasks * len(families)} cells, {n_seeds} seeds, {n_examples:,} examples | seconds | "
        "of a core |\n"
        "|:--|--:|--:|\n"
        f"| {n_pairs} pairs within tasks, 10,000 draws each | {_spent(began, middle)} |\n"
        f"| all families over all tasks | {_spent(middle, ended)} |\n"
    )


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _spent(began: tuple[float, float], ended: tuple[float, float]) -> str:
    return " | ".join(f"{late - early:.1f}" for early, late in zip(began, ended, strict=True))


def main(n: int) -> None:
    """Run all, print the tables and write them."""
    facts = ", ".join(f"{key} {value}" for key, value in machine().items())
    parts = [
        "# How far a comparison can be trusted\n",
        f"{facts}\n",
        f"`python benchmarks/trust.py`: {n} simulations a row, each compared at a confidence of "
        f"95 % with a region of {REGION} bits. A share of {n} that is truly 95 % shows between "
        f"{_chance(n)[0]:.1%} and {_chance(n)[1]:.1%} in nineteen of twenty rows.\n",
        levels(n),
        f"The same of {N_STRAIGHT:,} comparisons a row, Student's t alone (the whole comparison "
        "claims no more), of examples of equal length:\n",
        straight_levels(),
        f"How often the comparison finds a planted gap ({n} simulations):\n",
        powers(n),
        speed(),
    ]
    text = "\n".join(parts)
    print(text, end="")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "trust.md").write_text(text, encoding="utf-8")


def _chance(n: int) -> tuple[float, float]:
    from scipy.stats import binom

    return float(binom.ppf(0.025, n, 0.95) / n), float(binom.ppf(0.975, n, 0.95) / n)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else N_SIMULATIONS)
