"""A fitted family beside the task that it was fitted to: all that an answer needs."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from seqarena.answering.answers import Answer, Attention, Told
from seqarena.answering.choosing import items_of, labels_of, tags_of
from seqarena.answering.looking import attention_of
from seqarena.answering.outputs import links_of, outputs_of
from seqarena.answering.own_input import OwnInput, all_steps_of, unknown_steps
from seqarena.answering.scoring import densities_of, longest_of
from seqarena.answering.wanted import Wanted, usual_top_k
from seqarena.batch import Sequences, collate_all
from seqarena.data.manifest import Manifest
from seqarena.errors import DataError
from seqarena.families.catalogue import AnyFamily
from seqarena.families.family import (
    AlignerFamily,
    ClassifierFamily,
    DensityFamily,
    RecommenderFamily,
    TaggerFamily,
    TransducerFamily,
)
from seqarena.tasks.config import RecommendationTaskConfig, TaskConfig


@dataclass(frozen=True)
class FittedTask:
    """What `answer` asks: in evaluation mode, on the processor."""

    family: AnyFamily
    manifest: Manifest
    config: TaskConfig
    """Of the task: its source knows how to read."""
    title: str = ""
    """Which fit it is, in a line."""

    def answer(self, given: Sequence[OwnInput], wanted: Wanted | None = None) -> list[Told]:
        """Return what the family says of each example, in their order.

        Args:
            given: of any lengths, up to that of the longest input of the task.
            wanted: what else is told; None: the answers alone.

        Raises:
            DataError: an example cannot be read, or what is wanted cannot be had; names the row.
        """
        wanted = wanted or Wanted(top_k=usual_top_k(self.manifest.schema))
        kind = self.manifest.schema.task_kind
        longest = longest_of(self.manifest) if kind == "density" else None
        sequences = all_steps_of(given, self.config.source, self.manifest, longest)
        with torch.inference_mode():
            answers, whole = self._answers(sequences, [one.target for one in given], wanted)
            maps: Sequence[Attention | None] = [None] * len(answers)
            if wanted.attention:
                maps = attention_of(self.family, whole, self.manifest)
        rows = (sequences.sequence(row) for row in range(len(sequences)))
        unknown = [unknown_steps(values, self.manifest) for values in rows]
        return [Told(*each) for each in zip(answers, unknown, maps, strict=True)]

    def _answers(
        self, sequences: Sequences, targets: list[str | None], wanted: Wanted
    ) -> tuple[Sequence[Answer], Sequences]:
        """Return the answers, and the sequences with their targets, where the task has some."""
        family, manifest = self.family, self.manifest
        match manifest.schema.task_kind:
            case "density" if isinstance(family, DensityFamily):
                return densities_of(family, sequences, manifest, wanted), sequences
            case "classification" if isinstance(family, ClassifierFamily):
                names = self._names(manifest.class_names, manifest.schema.n_classes)
                return labels_of(family, collate_all(sequences), names, wanted), sequences
            case "tagging" if isinstance(family, TaggerFamily):
                names = self._names(manifest.tag_names, manifest.schema.n_tags)
                return tags_of(family, collate_all(sequences), names, wanted), sequences
            case "recommendation" if isinstance(family, RecommenderFamily):
                names = self._names(manifest.symbols, manifest.schema.n_symbols)
                batch, excludes = collate_all(sequences), self._excludes_seen
                return items_of(family, batch, names, wanted, excludes), sequences
            case "transduction" if isinstance(family, TransducerFamily):
                return outputs_of(family, sequences, targets, manifest, wanted)
            case "alignment" if isinstance(family, AlignerFamily):
                return links_of(family, sequences, targets, manifest)
        raise DataError(
            f"{type(family).__name__} cannot do a {manifest.schema.task_kind} task; choose a "
            "family that can."
        )

    @property
    def _excludes_seen(self) -> bool:
        return isinstance(self.config, RecommendationTaskConfig) and self.config.exclude_seen

    def _names(self, names: tuple[str, ...] | None, n: int | None) -> tuple[str, ...]:
        return tuple(map(str, range(n or 0))) if names is None else names
