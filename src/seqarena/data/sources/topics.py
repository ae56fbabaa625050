"""Documents that repeat each other: told apart, dropped, or kept together.

A passage is a run of so many characters that begins with a word, after line breaks, indentation and
case are levelled: copies of one text differ in those. Whoever looks for equal paragraphs instead
misses a copy whose first word was changed.
"""

from collections import defaultdict
from collections.abc import Sequence as Several

import numpy as np

Documents = dict[str, str]
"""Name to text."""


def passages(text: str, length: int) -> list[str]:
    """Return the run of `length` characters from each word on; a shorter text is one passage."""
    words = " ".join(text.split()).casefold()
    starts = [0, *(at + 1 for at, character in enumerate(words) if character == " ")]
    return [words[at : at + length] for at in starts if at + length <= len(words)] or [words]


def drop_repeats(documents: Documents, length: int, share: float) -> Documents:
    """Leave out each document of whose passages at least `share` stand in longer ones.

    Documents are taken longest first, so that the whole is kept and its excerpts go.
    """
    seen: set[str] = set()
    kept = []
    for name in sorted(documents, key=lambda each: (-len(documents[each]), each)):
        own = passages(documents[name], length)
        if sum(passage in seen for passage in own) < share * len(own):
            kept.append(name)
            seen.update(own)
    return {name: documents[name] for name in sorted(kept)}


def groups_that_share(documents: Documents, length: int) -> list[list[str]]:
    """Group the documents that share a passage, directly or through others."""
    owners: dict[str, set[str]] = defaultdict(set)
    for name, text in documents.items():
        for passage in passages(text, length):
            owners[passage].add(name)
    group = {name: {name} for name in documents}
    for names in owners.values():
        joined = set().union(*(group[name] for name in names))
        group.update(dict.fromkeys(joined, joined))
    distinct = {min(members): sorted(members) for members in group.values()}
    return [distinct[first] for first in sorted(distinct)]


def n_shared(parts: Several[Documents], length: int) -> int:
    """Count the different passages that stand in more than one of the parts."""
    once: set[str] = set()
    more: set[str] = set()
    for part in parts:
        own = {passage for text in part.values() for passage in passages(text, length)}
        more |= own & once
        once |= own
    return len(more)


def fill_shares(
    groups: list[list[str]],
    sizes: dict[str, int],
    shares: list[float],
    generator: np.random.Generator,
) -> list[list[str]]:
    """Deal whole groups out: to each share in turn, at random, whatever still fits into it.

    Returns:
        The names of each share, and last those that went to none. A group larger than every share
        can only stand there.
    """
    total = sum(sizes.values())
    left = [groups[index] for index in generator.permutation(len(groups))]
    dealt = []
    for share in shares:
        chosen: list[str] = []
        rest = []
        for group in left:
            size = sum(sizes[name] for name in chosen + group)
            if size <= share * total:
                chosen += group
            else:
                rest.append(group)
        dealt.append(sorted(chosen))
        left = rest
    return [*dealt, sorted(name for group in left for name in group)]
