"""When memory runs out: which batch was too large, and what would fit."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from seqarena.batch import Batch
from seqarena.errors import ResourceError
from seqarena.fitting.module import FitModule

# What torch's allocator of main memory says, in a plain RuntimeError.
_ON_CPU = ("can't allocate memory", "not enough memory")


@contextmanager
def naming_the_batch(module: FitModule) -> Iterator[None]:
    """Turn "out of memory" into an error that names the batch and a setting that would fit.

    Raises:
        ResourceError: memory ran out inside.
    """
    try:
        yield
    except RuntimeError as error:
        if not _is_shortage(error) or module.present.batch is None:
            raise
        batch = module.present.batch
        raise ResourceError(
            f"{module.setting.label}: out of memory at {_shape(batch)}; {_remedy(module, batch)}"
        ) from error


def _is_shortage(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or any(
        words in str(error) for words in _ON_CPU
    )


def _shape(batch: Batch) -> str:
    words = f"a batch of {len(batch)} sequences, {batch.mask.shape[1]} steps each"
    if batch.target is not None:
        words += f" and {batch.target.mask.shape[1]} of target"
    return words


def _remedy(module: FitModule, batch: Batch) -> str:
    half = len(batch) // 2
    batch_size = module.setting.training.batch_size
    if half and module.can_cut_batches:
        return (
            f"set hardware.max_sequences_per_pass to {half}: batches stay at {batch_size} sequences"
            " and their gradients the same, in more passes."
        )
    if half:
        return f"lower training.batch_size (now {batch_size}), which changes nothing in the result."
    return "shorten the sequences, or choose a smaller model: one sequence is too much."
