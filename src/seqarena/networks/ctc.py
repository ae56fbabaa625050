"""Connectionist temporal classification: the sum over all alignments, and the likeliest one."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from seqarena.batch import Batch
from seqarena.errors import DataError
from seqarena.networks.transducer import target_of, target_tokens


def ctc_log_prob(
    log_probs: Float[Tensor, "batch time symbols"],
    lengths: Int[Tensor, "batch"],
    labels: Int[Tensor, "batch target_time"],
    n_labels: Int[Tensor, "batch"],
    blank: int,
) -> Float[Tensor, "batch"]:
    """Return log p(labels | x), summed over every alignment of the labels with the steps [nats].

    Graves et al. (2006), eqs. 3 and 8, by torch's kernel: an alignment gives each step a symbol or
    the blank; equal neighbours are one label, unless a blank stands between them. O(time · labels).

    Args:
        log_probs: log p(symbol or blank) of each step.
        lengths: real steps of each input; what stands behind them is never read.
        labels: what was written, without an end; what stands behind them is never read.
        n_labels: how many; 0: nothing but blanks.
        blank: the symbol that writes nothing.

    Returns:
        Minus infinity where no alignment exists: fewer steps than labels and equal neighbours
        among them. Its gradient is not a number there, so that nobody can train on it unseen.
    """
    return -functional.ctc_loss(
        log_probs.transpose(0, 1), labels, lengths, n_labels, blank, reduction="none"
    )


def best_path(
    log_probs: Float[Tensor, "batch time symbols"], lengths: Int[Tensor, "batch"], blank: int
) -> tuple[Int[Tensor, "batch label"], Int[Tensor, "batch"]]:
    """Return the labels along the likeliest alignment, 0 behind them, and how many there are.

    Graves et al. (2006), eq. 4: the likeliest symbol of each step, each run of equal ones once,
    without the blanks. Not always the likeliest labels, whose alignments add.
    """
    path = log_probs.argmax(dim=2)
    time = torch.arange(path.shape[1], device=path.device)
    is_new = functional.pad(path[:, 1:] != path[:, :-1], (1, 0), value=True)
    is_label = is_new & (path != blank) & (time < lengths[:, None])
    n_labels = is_label.sum(dim=1)
    labels = path.new_zeros(len(path), max(int(n_labels.max()), 1))
    # Each label goes to the place that counts those before it.
    rows, steps = is_label.nonzero(as_tuple=True)
    places = is_label.cumsum(dim=1)[rows, steps] - 1
    labels[rows, places] = path[rows, steps]
    return labels, n_labels


def labels_of(batch: Batch, end_symbol: int) -> tuple[Tensor, Int[Tensor, "batch"]]:
    """Return the targets of a batch, and how many labels stand before the end of each.

    Raises:
        DataError: as `target_tokens`, or a target does not end with the end symbol, or holds it
            before.
    """
    tokens, target = target_tokens(batch), target_of(batch)
    n_labels = target.lengths - 1
    is_end = (tokens == end_symbol) & target.mask
    is_last = torch.arange(tokens.shape[1], device=tokens.device) == n_labels[:, None]
    for row in (is_end != is_last).any(dim=1).nonzero()[:1, 0].tolist():
        raise DataError(
            f"target {int(target.rows[row])}: CTC expects the end symbol {end_symbol} once, as the "
            f"last one; it came {int(is_end[row].sum())} times in {int(target.lengths[row])} "
            "symbols."
        )
    return tokens, n_labels
