"""Maps of several families on the same examples, for one page."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce

import numpy as np

from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.comparison.compared_rows import ComparedRows
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.comparison.seed_mean import seed_mean
from seqarena.attribution.viewer.of_capture import beside, viewed_of
from seqarena.attribution.viewer.viewed import Viewed, ViewedAxis, ViewedExample, ViewedMap


def _any_map(one: ProbeMap) -> bool:
    del one
    return True


def shown_families(
    families: Sequence[FamilyMaps], title: str, native: Callable[[ProbeMap], bool] = _any_map
) -> Viewed:
    """Lay out the influence of each family, its mean over the seeds, and the true map if known.

    Influence comes first, for it is what all of them have; native maps are those of first seeds,
    and `native` says which of them.
    """
    pages = [viewed_of(_shown(family, native), title, run=family.name) for family in families]
    # The true map is one and the same for all.
    pages[1:] = [_without_truth(page) for page in pages[1:]]
    joined = reduce(lambda one, other: beside(one, other, title), pages)
    examples = tuple(replace(each, maps=_ordered(each.maps)) for each in joined.examples)
    return replace(joined, examples=examples)


def with_scores(viewed: Viewed, names: tuple[str, str], rows: Sequence[ComparedRows]) -> Viewed:
    """Add to each example how far apart the two families are at each output, beside the noise."""
    examples = tuple(
        replace(example, maps=(*example.maps, *_scores(example, names, compared)))
        for example, compared in zip(viewed.examples, rows, strict=True)
    )
    return replace(viewed, examples=examples)


def _shown(family: FamilyMaps, native: Callable[[ProbeMap], bool]) -> Capture:
    capture = seed_mean(family)
    return replace(capture, maps=tuple(tuple(filter(native, maps)) for maps in capture.maps))


def _without_truth(viewed: Viewed) -> Viewed:
    examples = tuple(
        replace(each, maps=tuple(one for one in each.maps if one.kind != "oracle"))
        for each in viewed.examples
    )
    return replace(viewed, examples=examples)


_ORDER = ("effect", "oracle", "change")


def _ordered(maps: tuple[ViewedMap, ...]) -> tuple[ViewedMap, ...]:
    def place(one: ViewedMap) -> int:
        return _ORDER.index(one.kind) if one.kind in _ORDER else len(_ORDER)

    return tuple(sorted(maps, key=place))


def _scores(example: ViewedExample, names: tuple[str, str], rows: ComparedRows) -> list[ViewedMap]:
    """Make a map of which each row is an output, and each column a score of it."""
    effect = next(one for one in example.maps if one.kind == "effect")
    both = list(zip(names, (rows.one, rows.other), strict=True))
    columns = {
        "across": rows.between,
        **{f"within:{name}": of.noise for name, of in both},
        **{f"farthest:{name}": of.largest_noise for name, of in both},
    }
    values = np.stack(list(columns.values()), axis=1)
    valid = ~np.isnan(values)
    axis = ViewedAxis("score", len(columns), tuple(columns))
    return [
        ViewedMap(
            "divergence",
            "score",
            np.where(valid, values, 0.0)[None],
            effect.rows,
            axis,
            first_row=effect.first_row,
            unit="bits",
            limit=1.0,
            valid=valid,
        )
    ]
