"""Kinds of tasks that choose from a list: labels, tags, items."""

import torch

from seqarena.answering.answers import ItemAnswer, LabelAnswer, TagAnswer, likeliest
from seqarena.answering.wanted import Wanted
from seqarena.batch import Batch
from seqarena.families.family import ClassifierFamily, RecommenderFamily, TaggerFamily

Names = tuple[str, ...]


def labels_of(
    family: ClassifierFamily, batch: Batch, names: Names, wanted: Wanted
) -> list[LabelAnswer]:
    """Return the likeliest label of each sequence, and the next likely ones."""
    found = []
    for log_prob in family.class_log_prob(batch):
        best, *_ = choices = likeliest(log_prob, names, wanted.top_k)
        found.append(LabelAnswer(best.name, best.probability, choices))
    return found


def tags_of(family: TaggerFamily, batch: Batch, names: Names, wanted: Wanted) -> list[TagAnswer]:
    """Return the tags that the family chooses, and the likeliest ones of each step."""
    probs, chosen = family.tag_probs(batch), family.tag(batch)
    found = []
    for own, tags, length in zip(probs, chosen, batch.lengths.tolist(), strict=True):
        own, tags = own[:length].double(), tags[:length]
        told = tuple(likeliest(step.log(), names, wanted.top_k) for step in own)
        found.append(
            TagAnswer(
                tuple(names[tag] for tag in tags.tolist()),
                tuple(own.gather(1, tags[:, None])[:, 0].tolist()),
                told if wanted.top_k > 1 else None,
            )
        )
    return found


def items_of(
    family: RecommenderFamily, batch: Batch, names: Names, wanted: Wanted, exclude_seen: bool
) -> list[ItemAnswer]:
    """Return the items that are likeliest to be chosen next.

    Args:
        family: a density of items.
        batch: what each user chose so far.
        names: of all items.
        wanted: how many are listed.
        exclude_seen: whether what a user chose before is left out, as the task ranks.
    """
    log_prob = family.next_log_prob(batch)
    found = []
    for row, own in enumerate(log_prob):
        n_left = len(names)
        if exclude_seen and batch.tokens is not None:
            seen = sorted(set(batch.tokens[row, : int(batch.lengths[row])].tolist()))
            own = own.index_fill(0, torch.tensor(seen), -torch.inf)
            n_left -= len(seen)
        found.append(ItemAnswer(likeliest(own, names, min(wanted.top_k, n_left))))
    return found
