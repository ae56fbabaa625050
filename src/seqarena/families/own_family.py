"""What a user's own family is: one file with a record of settings that builds it, and the family.

The file belongs to the user. It is named by an entry point of the group `seqarena.families`, and
nothing in this repository changes: see docs/how-to/your-own-family.md.
"""

from abc import ABC, abstractmethod
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict
from torch import nn

from seqarena.batch import Sequences
from seqarena.fitting.protocols import FitReport, FitSetting
from seqarena.schema import DataSchema, TaskKind


class OwnFamily(nn.Module, ABC):
    """A model whose state dict is all that it learns; it also follows a protocol of `family`."""

    @abstractmethod
    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Learn from `train`, select on `valid`, and report."""

    @abstractmethod
    def n_free_parameters(self) -> int:
        """Return how many numbers can vary independently."""


class OwnFamilyConfig(BaseModel):
    """Settings of a user's family; a field `kind: Literal["..."]` in the subclass names it."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Any
    """Names the family; equal to the name of the entry point."""

    @property
    def mechanism(self) -> str:
        """Attention mechanism, by which reports group: "none" unless a subclass says otherwise."""
        return "none"

    @abstractmethod
    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Say why this configuration cannot do such a task, or return None."""

    @abstractmethod
    def build(self, schema: DataSchema, generator: torch.Generator) -> OwnFamily:
        """Return an unfitted family; the generator is the one source of chance at its start."""
