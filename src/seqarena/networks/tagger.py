"""Tagging: encode, score every tag at every step, and choose."""

from jaxtyping import Float, Int
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch
from seqarena.networks.encoder import Encoder
from seqarena.networks.encoder_maps import encoded_with_maps
from seqarena.networks.inputs import Inputs
from seqarena.networks.tag_heads import TagHead


class SequenceTagger(nn.Module):
    """p(tags | x) from the scores W encode(x)_t + b."""

    def __init__(
        self, inputs: Inputs, encoder: Encoder, head: TagHead, n_tags: int, dropout: float
    ) -> None:
        super().__init__()
        self.inputs = inputs
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(encoder.out_dim, n_tags)
        self.head = head

    def logits(self, batch: Batch) -> Float[Tensor, "batch time tags"]:
        """Return the score of each tag at each step; what stands on padding has no meaning."""
        steps = self.encoder(self.inputs(batch), batch.mask)
        logits: Tensor = self.output(self.dropout(steps))
        return logits

    def log_prob(
        self, batch: Batch, tags: Int[Tensor, "batch time"], smoothing: float = 0.0
    ) -> Float[Tensor, "batch"]:
        """Return log p(tags of the scored steps | x) [nats]."""
        return self.head.log_prob(self.logits(batch), tags, batch.scored, smoothing)

    def tag_probs(self, batch: Batch) -> Float[Tensor, "batch time tags"]:
        """Return p(tag_t | x) of each step; 0 on padding."""
        return self.head.tag_probs(self.logits(batch), batch.mask)

    def tag_log_probs(self, batch: Batch) -> Float[Tensor, "batch time tags"]:
        """Return log p(tag_t | x) of each step [nats]; what stands on padding has no meaning."""
        return self.head.tag_log_probs(self.logits(batch), batch.mask)

    def best_tags(self, batch: Batch) -> Int[Tensor, "batch time"]:
        """Return the most probable tags of each sequence as a whole; 0 on padding."""
        return self.head.best_tags(self.logits(batch), batch.mask)

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the weights of each self-attention layer."""
        return encoded_with_maps(self.inputs, self.encoder, batch)[1]

    def forward_flops(self, batch: Batch) -> float:
        """Estimate the floating-point operations of `log_prob`, padding included."""
        size, time = batch.mask.shape
        layers = (self.inputs, self.encoder, self.head)
        output = 2.0 * size * time * self.output.weight.numel()
        return sum(layer.flops(size, time) for layer in layers) + output
