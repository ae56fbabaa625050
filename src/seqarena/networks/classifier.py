"""Classification of whole sequences: encode, pool, and one linear layer."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap, weights_map
from seqarena.attention.pooling import AttentionPooling
from seqarena.attention.precision import widened
from seqarena.batch import Batch
from seqarena.networks.encoder import Encoder
from seqarena.networks.encoder_maps import encoded_with_maps
from seqarena.networks.inputs import Inputs
from seqarena.networks.pooling import PlainPooling


class SequenceClassifier(nn.Module):
    """log p(label | x) = log softmax(W pool(encode(x)) + b)."""

    def __init__(
        self,
        inputs: Inputs,
        encoder: Encoder,
        pooling: PlainPooling | AttentionPooling,
        n_classes: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.inputs = inputs
        self.encoder = encoder
        self.pooling = pooling
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(pooling.pooled_dim, n_classes)

    def class_log_prob(self, batch: Batch) -> Float[Tensor, "batch classes"]:
        """Return log p(label | x), normalised over the labels [nats]."""
        return self.label_log_prob(self.encoder(self.inputs(batch), batch.mask), batch.mask)

    def label_log_prob(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch classes"]:
        """Return log p(label | x) from the encoded steps [nats]."""
        logits: Tensor = self.output(self.dropout(self.pooling(steps, mask)))
        return widened(logits).log_softmax(dim=-1)

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the weights of each self-attention layer, then those of the pooling."""
        steps, maps = encoded_with_maps(self.inputs, self.encoder, batch)
        pooled = self.pooling.weights(steps, batch.mask)
        return maps + [_map(name, weights, batch.mask) for name, weights in pooled.items()]

    def forward_flops(self, batch: Batch) -> float:
        """Estimate the floating-point operations of `class_log_prob`, padding included."""
        size, time = batch.mask.shape
        layers = (self.inputs, self.encoder, self.pooling)
        output = 2.0 * size * self.output.weight.numel()
        return sum(layer.flops(size, time) for layer in layers) + output


def _map(name: str, weights: Tensor, mask: Bool[Tensor, "batch time"]) -> NativeMap:
    """Wrap weights with a row per step, or with one row for the whole sequence."""
    is_one_row = weights.shape[2] < mask.shape[1]
    row_mask = mask.any(dim=1, keepdim=True) if is_one_row else mask
    return weights_map(name, weights, row_mask, mask)
