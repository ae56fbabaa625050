"""An encoder whose steps look at each other once more."""

from jaxtyping import Bool, Float
from torch import Tensor

from seqarena.attention.attend import Weights
from seqarena.attention.softmax_self_attention import SoftmaxSelfAttention
from seqarena.networks.encoder import Encoder


class SelfAttentive(Encoder):
    """y_t = s_t + context of s_t over all steps s of its sequence."""

    def __init__(self, encoder: Encoder, attention: SoftmaxSelfAttention) -> None:
        super().__init__()
        self.encoder = encoder
        self.attention = attention
        self.out_dim = encoder.out_dim

    def forward(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time out_dim"]:
        """Return the steps with their contexts, by the fused kernel."""
        encoded = self.encoder(steps, mask)
        attended: Tensor = encoded + self.attention.context(encoded, mask)
        return attended

    def with_weights(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time out_dim"], list[Weights]]:
        """Return the steps with their contexts, and the weights of every layer."""
        encoded, layers = self.encoder.with_weights(steps, mask)
        context, weights = self.attention.observe(encoded, mask)
        return encoded + context, [*layers, weights]

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
        return self.encoder.flops(batch, time) + self.attention.flops(batch, time)
