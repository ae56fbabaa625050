"""Where an encoder looked while it read its input."""

from jaxtyping import Float
from torch import Tensor

from seqarena.attention.maps import NativeMap, weights_map
from seqarena.batch import Batch
from seqarena.networks.encoder import Encoder
from seqarena.networks.inputs import Inputs


def encoded_with_maps(
    inputs: Inputs, encoder: Encoder, batch: Batch
) -> tuple[Float[Tensor, "batch time dim"], list[NativeMap]]:
    """Return the encoded input, and a map for each layer of the encoder that has weights."""
    encoded, layers = encoder.with_weights(inputs(batch), batch.mask)
    maps = [
        weights_map(f"encoder.{layer}.self", weights, batch.mask, batch.mask)
        for layer, weights in enumerate(layers)
    ]
    return encoded, maps
