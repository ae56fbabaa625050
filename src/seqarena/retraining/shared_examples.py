"""The test examples of two data versions, to be answered by two models that saw none of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Int

from seqarena.data.manifest import Manifest
from seqarena.data.part import Part
from seqarena.experiment.evaluate import score
from seqarena.families.catalogue import AnyFamily
from seqarena.retraining.data_version import DataVersion
from seqarena.retraining.gate.settings import TestSet
from seqarena.retraining.translation import translated


@dataclass(frozen=True)
class SharedExamples:
    """Examples of the new version, then those that only the old one has."""

    parts: tuple[tuple[Part, Manifest], ...]
    """Each with the data version whose numbers it has."""
    is_old: Bool[np.ndarray, "examples"]
    """Whether it is in the champion's test data."""
    is_new: Bool[np.ndarray, "examples"]
    """Whether it is in the new version's."""
    n_left_out: int
    """Test examples that one of the models was fitted to."""

    def __len__(self) -> int:
        return len(self.is_old)

    @property
    def lengths(self) -> Int[np.ndarray, "examples"]:
        """Steps of each example."""
        none = np.zeros(0, dtype=np.int64)
        return np.concatenate([none, *(part.sequences.lengths for part, _ in self.parts)])

    def rows(self, test_set: TestSet) -> Int[np.ndarray, "_"]:
        """Return which examples belong to a set."""
        chosen = {"old": self.is_old, "new": self.is_new, "both": self.is_old | self.is_new}
        return np.flatnonzero(chosen[test_set])

    def answers(self, family: AnyFamily, manifest: Manifest) -> pa.Table:
        """Return what a model answers to each, in order, as `predictions.arrow` has it.

        Raises:
            DataError: the model cannot read an example of the other version.
        """
        tables = [
            score(family, translated(part, of, manifest), manifest).predictions
            for part, of in self.parts
        ]
        table = pa.concat_tables(tables, promote_options="default")
        rows = pa.array(np.arange(len(self)), pa.int64())
        ids = pa.array([f"{row}" for row in range(len(self))])
        for name, column in (("row", rows), ("id", ids)):
            table = table.set_column(table.schema.get_field_index(name), name, column)
        return table


def shared_examples(new: DataVersion, old: DataVersion | None) -> SharedExamples:
    """Gather the test examples of both, each input once, without what a model was fitted to.

    Under a rule that goes by time, the old test data is what the challenger trains on: then little
    or nothing of it is left, and that is told.

    Args:
        new: the challenger's data.
        old: the champion's; None: there is none.
    """
    fitted = frozenset(new.fitted.digests) | frozenset(old.fitted.digests if old else ())
    old_test = frozenset(old.test.digests if old else ())
    of_new = _unknown(new.test.digests, fitted)
    of_old = _unknown(old.test.digests if old else (), fitted | frozenset(new.test.digests))
    is_old = [new.test.digests[row] in old_test for row in of_new] + [True] * len(of_old)
    every = set(new.test.digests) | old_test
    chosen = [(new, of_new), *([(old, of_old)] if old else [])]
    return SharedExamples(
        parts=tuple(
            (version.test_split.select(rows), version.manifest)
            for version, rows in chosen
            if len(rows)
        ),
        is_old=np.array(is_old, dtype=bool),
        is_new=np.array([True] * len(of_new) + [False] * len(of_old), dtype=bool),
        n_left_out=len(every & fitted),
    )


def _unknown(digests: Sequence[bytes], known: frozenset[bytes]) -> Int[np.ndarray, "_"]:
    return np.flatnonzero([digest not in known for digest in digests])
