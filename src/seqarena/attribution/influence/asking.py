"""How a model is asked: many inputs at a time, and always in the same state of mind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqarena.batch import Batch
from seqarena.errors import ArtifactError, DataError


@contextmanager
def asking(model: object) -> Iterator[None]:
    """Ask in evaluation mode, in full precision, without gradients.

    Raises:
        ArtifactError: the model is in training mode.
    """
    refuse_training_mode(model)
    with torch.inference_mode(), torch.autocast("cpu", enabled=False):
        yield


def refuse_training_mode(model: object) -> None:
    """Check that a model, and every part of it, is in evaluation mode.

    Raises:
        ArtifactError: it is in training mode.
    """
    if isinstance(model, nn.Module) and any(part.training for part in model.modules()):
        raise ArtifactError(
            f"{type(model).__name__} is in training mode, where dropout falls into what it says; "
            "call model.eval() before it is asked."
        )


def inputs_of(batch: Batch) -> Tensor:
    """Return the symbols of a batch, or its frames.

    Raises:
        DataError: it has neither.
    """
    values = batch.features if batch.tokens is None else batch.tokens
    if values is None:
        raise DataError("the batch holds neither symbols nor frames; make it by `collate`.")
    return values


def with_inputs(example: Batch, inputs: np.ndarray) -> Batch:
    """Return a batch of other inputs, each with all else that belongs to the one example.

    Args:
        example: a batch of one.
        inputs: symbols (variants, time) or frames (variants, time, dim) in place of its own.
    """
    repeated = _repeated(example, len(inputs))
    values = torch.from_numpy(inputs)
    if example.tokens is not None:
        return replace(repeated, tokens=values)
    return replace(repeated, features=values)


def _repeated(batch: Batch, n: int) -> Batch:
    parts: dict[str, Any] = {}
    for field in fields(batch):
        value = getattr(batch, field.name)
        if isinstance(value, Batch):
            parts[field.name] = _repeated(value, n)
        elif isinstance(value, Tensor):
            parts[field.name] = value.expand(n, *value.shape[1:]).contiguous()
    return replace(batch, **parts)
