"""Forward and backward passes in probability space, in torch: one step of all sequences at a time.

Rabiner (1989), section V.A. Several models over the same sequences stand side by side: their
states are the columns of one matrix, and their transitions the blocks on the diagonal of another.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.inference.packing import Packing

# Rows of products that are summed in their own precision before they go to 64 bits.
_ROWS = 4096
# Steps after which rounding is taken out of the posteriors.
_STEPS = 16


def forward_pass(
    start: Float[Tensor, "n_models n_states"],
    transition: Float[Tensor, "n_models n_states n_states"],
    weights: Float[Tensor, "rows n_models n_states"],
    rows: Int[Tensor, "steps"] | None,
    packing: Packing,
) -> tuple[Float[Tensor, "steps n_models n_states"], Float[Tensor, "steps n_models"]]:
    """Return p(state_t | x_1, ..., x_t) and p(x_t | x_1, ..., x_{t-1}): eqs. 91 and 92.

    Both are of the weights, whatever these were divided by. Step i emits with row `rows[i]` of
    `weights`, or with row i where `rows` is None. A step that no path explains, and those after
    it, are not a number.
    """
    alpha = weights.new_empty(len(packing.position), *start.shape)
    scale = weights.new_empty(len(packing.position), len(start), 1)
    # Without the books that autograd keeps, an operation on few numbers takes a sixth less time.
    with torch.inference_mode():
        flat = alpha.flatten(1)
        step, ones = _on_diagonal(transition), _columns_of_ones(start)
        weight_at = _weight_at(weights.flatten(1), rows, packing)
        totals, states = packing.by_time(scale.flatten(1)), packing.by_time(flat)
        previous, n_previous = None, 0
        for time, (n, current, shares, total) in enumerate(
            zip(
                packing.n_alive, states, packing.by_time(alpha), packing.by_time(scale), strict=True
            )
        ):
            if previous is None:
                torch.mul(start.flatten(), weight_at(time), out=current)
            else:
                torch.mm(previous if n == n_previous else previous[:n], step, out=current)
                current.mul_(weight_at(time))
            # A product with ones sums rows this short faster than a sum does.
            torch.mm(current, ones, out=totals[time])
            shares.div_(total)
            previous, n_previous = current, n
    return alpha, scale[..., 0]


def backward_pass(
    transition: Float[Tensor, "n_models n_states n_states"],
    weights: Float[Tensor, "rows n_models n_states"],
    rows: Int[Tensor, "steps"] | None,
    packing: Packing,
    forward: tuple[Float[Tensor, "steps n_models n_states"], Float[Tensor, "steps n_models"]],
    reach: Float[Tensor, "n_reach n_models n_states"] | None,
) -> tuple[Float[Tensor, "n_models from_ to"], Float[Tensor, "sequences"] | None]:
    """Turn the states of `forward`, in place, into p(state_t | x): eqs. 25, 27 and 37 at once.

    Returns the moves' sums over their probability, and for each sequence, longest first, the
    largest p(x_t, x_{t+1}, ... | state) over what the model expects; None where `reach` is None.

    Args:
        transition: p(to | from).
        weights: as in `forward_pass`.
        rows: as in `forward_pass`.
        packing: where the steps lie.
        forward: what `forward_pass` returned.
        reach: 1 where a path may be in a state at a time step, else 0; the last row holds for all
            later steps. None: every state may be reached at any step.
    """
    alpha, scale = forward
    width, n = transition.shape[0] * transition.shape[1], packing.n_sequences
    moves, peak = _MoveSums(width, alpha), alpha.new_zeros(n, width)
    with torch.inference_mode():
        into = _on_diagonal(transition).T.contiguous()
        # Rows of sequences that have not begun yet, seen from the end, stay 1.
        beta = alpha.new_ones(n, *alpha.shape[1:])
        flow = alpha.new_empty(n, width)
        weight_at = _weight_at(weights.flatten(1), rows, packing)
        states, shares = packing.by_time(alpha.flatten(1)), packing.by_time(alpha)
        scales, ones = packing.by_time(scale[..., None]), _columns_of_ones(alpha[0])
        known, split, ahead, high = beta.flatten(1), beta, flow, peak
        for time in range(len(packing.n_alive) - 1, 0, -1):
            if packing.n_alive[time] != n:
                n = packing.n_alive[time]
                known, split, ahead, high = beta.flatten(1)[:n], beta[:n], flow[:n], peak[:n]
            states[time].mul_(known)
            if time % _STEPS == 0:
                _divide_by_sum(shares[time], states[time] @ ones, split)
            split.div_(scales[time])
            if reach is not None:
                known.mul_(reach[min(time, len(reach) - 1)].flatten())
                torch.maximum(high, known, out=high)
            torch.mul(weight_at(time), known, out=ahead)
            moves.add(states[time - 1], ahead, n)
            torch.mm(ahead, into, out=known)
        states[0].mul_(beta.flatten(1))
        _divide_by_sum(shares[0], states[0] @ ones, beta)
    return moves.of_each(transition), None if reach is None else peak.amax(dim=1)


def _divide_by_sum(state_probs: Tensor, total: Tensor, beta: Tensor) -> None:
    """Let posteriors sum to 1 again, so that rounding does not add up over a long sequence."""
    # A sequence that counts as nothing sums to nothing.
    total += total == 0
    state_probs.div_(total[..., None])
    beta.div_(total[..., None])


class _MoveSums:
    """Sums of products of neighbouring steps, collected in 64 bits."""

    def __init__(self, width: int, like: Tensor) -> None:
        self.total = like.new_zeros(width, width, dtype=torch.float64)
        self.part = self.total if like.dtype == torch.float64 else like.new_zeros(width, width)
        self.n_rows = 0

    def add(self, before: Tensor, ahead: Tensor, n: int) -> None:
        """Add (the first n rows of before)' · ahead."""
        self.part.addmm_((before if len(before) == n else before[:n]).T, ahead)
        # Of one sequence, each step is one more rounding, and they may all go one way.
        self.n_rows += max(n, _ROWS // _STEPS)
        if self.n_rows >= _ROWS:
            self._collect()

    def of_each(self, transition: Tensor) -> Tensor:
        """Return the blocks on the diagonal, one for each model."""
        self._collect()
        n_models, n_states = transition.shape[:2]
        blocks = self.total.view(n_models, n_states, n_models, n_states)
        return blocks.diagonal(dim1=0, dim2=2).permute(2, 0, 1)

    def _collect(self) -> None:
        if self.part is not self.total:
            self.total += self.part
            self.part.zero_()
        self.n_rows = 0


def _columns_of_ones(start: Tensor) -> Float[Tensor, "width n_models"]:
    return _on_diagonal(start.new_ones(*start.shape, 1))


def _on_diagonal(blocks: Float[Tensor, "n height width"]) -> Float[Tensor, "n_height n_width"]:
    if len(blocks) == 1:
        return blocks[0]
    joined: Tensor = torch.block_diag(*blocks)  # type: ignore[no-untyped-call]
    return joined


def _weight_at(weights: Tensor, rows: Tensor | None, packing: Packing) -> Callable[[int], Tensor]:
    """Return what gives the weights of a time step: a view, or rows looked up in the cache."""
    if rows is None:
        return packing.by_time(weights).__getitem__
    buffer = weights.new_empty(packing.n_sequences, weights.shape[1])
    at_time, n_alive = packing.by_time(rows), packing.n_alive

    def look_up(time: int) -> Tensor:
        return torch.index_select(weights, 0, at_time[time], out=buffer[: n_alive[time]])

    return look_up
