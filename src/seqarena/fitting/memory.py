"""When memory runs out: which batch was too large, and what would fit."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from seqarena.batch import Batch
from seqarena.errors import ResourceError
from seqarena.fitting.loader import Share
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
        share = module.present.share
        if not _is_shortage(error) or share is None:
            raise
        raise ResourceError(
            f"{module.setting.label}: out of memory at {_shape(share.batch)};"
            f" {_remedy(module, share)}"
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


def _remedy(module: FitModule, share: Share) -> str:
    half = len(share.batch) // 2
    if not half:
        return "shorten the sequences, or choose a smaller model: one sequence is too much."
    if module.can_cut_batches or share.split != "train":
        return (
            f"set hardware.max_sequences_per_pass to {half}: batches stay what they are, and the"
            " result the same to rounding, in more passes."
        )
    return (
        f"lower training.batch_size (now {module.setting.training.batch_size}) or the window of"
        " the task's source: a stream's lanes go on together, and fewer or shorter ones make other"
        " steps with other gradients, so another result."
    )
