"""A first-order Markov chain on Amazon Beauty, counted again by hand, and how ties decide it.

    SEQARENA_MIRROR=FOLDER python benchmarks/beauty_bigrams.py

Counts pairs of neighbours with dictionaries alone, ranks what followed a user's last item by its
count and fills up with the popular, and prints HR@10 for four ways to order followers of one count.
"""

import os
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

FILE = "rec_s3rec_beauty_lastfm/Beauty.txt"
LISTED = 10
Order = list[int]


def histories(path: Path) -> list[Order]:
    """Return the items of each user in order."""
    return [[int(item) for item in line.split()[1:]] for line in path.read_text().splitlines()]


def rates(users: list[Order], n_left_out: int) -> dict[str, float]:
    """Return HR@10 of the last items, counted on all but the last `n_left_out` of each user."""
    popularity: Counter[int] = Counter()
    follows: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for items in users:
        known = items[:-n_left_out]
        popularity.update(known)
        for before, after in pairwise(known):
            follows[before][after] += 1
    popular = [item for item, _ in popularity.most_common(500)]
    hits: Counter[str] = Counter()
    for *before, right in users:
        seen = set(before)
        # Followers of one count stand in the order in which the file names them first.
        counts = {item: n for item, n in follows[before[-1]].most_common() if item not in seen}
        by_popularity = sorted(counts, key=lambda item: (-counts[item], -popularity[item]))
        rest = [item for item in popular if item not in seen and item not in counts]
        for name, order in (("file", list(counts)), ("popularity", by_popularity)):
            hits[f"followers of one count by {name}"] += right in [*order, *rest][:LISTED]
        hits["right item first"] += _place(counts, right, rest, n_equal=0) < LISTED
        hits["right item last"] += _place(counts, right, rest, n_equal=1) < LISTED
    return {name: n / len(users) for name, n in hits.items()}


def _place(counts: dict[int, int], right: int, rest: Order, n_equal: int) -> int:
    if right not in counts:
        return len(counts) + rest.index(right) if right in rest else LISTED
    own = counts[right]
    n_ties = sum(n == own for n in counts.values()) - 1
    return sum(n > own for n in counts.values()) + n_equal * n_ties


def main() -> None:
    """Print the table."""
    users = histories(Path(os.environ["SEQARENA_MIRROR"]) / FILE)
    print("| counted on | order of ties | HR@10 |\n| :-- | :-- | --: |")
    for counted, n_left_out in (("training and validation items", 1), ("training items", 2)):
        for name, rate in rates(users, n_left_out).items():
            print(f"| {counted} | {name} | {rate:.4f} |")


if __name__ == "__main__":
    main()
