"""A recurrent network that reads each sequence from both ends."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seqarena.attention.attend import Weights
from seqarena.networks.encoder import Encoder
from seqarena.networks.fused_layers import FusedLayers, Recurrence
from seqarena.networks.recurrent import flops_per_step, output_norm


class BidirectionalRecurrent(Encoder):
    """Each layer joins a recurrence from the left and one from the right.

    Schuster & Paliwal (1997). A step that comes out is [forward; backward], 2 · `hidden_dim`
    numbers, both of which the next layer reads; with `layer_norm` the joined vector is normalised,
    then dropped.

    The backward recurrence runs forward over each sequence reversed within its own length, so that
    the padding on the right comes last for it as well: no packing, and the same fused kernel.
    """

    def __init__(
        self, recurrence: Recurrence, input_dim: int, hidden_dim: int, n_layers: int
    ) -> None:
        super().__init__()
        self.out_dim = 2 * hidden_dim
        self.backward_dim = hidden_dim
        widths = [input_dim, *(n_layers - 1) * [self.out_dim]]
        self.rightward, self.leftward = (
            nn.ModuleList(FusedLayers(recurrence, width, hidden_dim, 1) for width in widths)
            for _ in range(2)
        )
        self.norms = nn.ModuleList(output_norm(recurrence, self.out_dim) for _ in widths)
        self.dropout = nn.Dropout(recurrence.dropout)

    def forward(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time out_dim"]:
        """Return what leaves the top layer."""
        mirror = mirrored_places(mask)
        for rightward, leftward, norm in zip(
            self.rightward, self.leftward, self.norms, strict=True
        ):
            ahead, _ = rightward(steps, None)
            back, _ = leftward(rearranged(steps, mirror), None)
            steps = self.dropout(norm(torch.cat([ahead, rearranged(back, mirror)], dim=-1)))
        return steps

    def with_weights(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time out_dim"], list[Weights]]:
        """Return the states, and no weights: nothing looks at anything."""
        return self(steps, mask), []

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`: its products."""
        return batch * time * (flops_per_step(self.rightward) + flops_per_step(self.leftward))


def mirrored_places(mask: Bool[Tensor, "batch time"]) -> Int[Tensor, "batch time"]:
    """Return the place of each step counted from the end of its sequence; padding keeps its own."""
    places = torch.arange(mask.shape[1], device=mask.device).expand(mask.shape)
    return torch.where(mask, mask.sum(dim=1, keepdim=True) - 1 - places, places)


def rearranged(
    steps: Float[Tensor, "batch time dim"], places: Int[Tensor, "batch time"]
) -> Float[Tensor, "batch time dim"]:
    """Return the steps that stand at `places`."""
    return steps.gather(1, places[..., None].expand_as(steps))
