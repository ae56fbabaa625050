"""Densities of frames of zeros and ones that are fitted by gradients: piano rolls."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.batch import Batch
from seqarena.errors import ConfigError
from seqarena.families.assembly import binary_frame_model
from seqarena.families.encoder_assembly import NeuralConfig, sized
from seqarena.families.fitted_network import Neural
from seqarena.families.framed_density import framed_density_obstacle
from seqarena.families.guards import binary_frames_of
from seqarena.families.network_sampling import NetworkSample, draw_binary_frames
from seqarena.fitting.protocols import Objective
from seqarena.networks.binary_frame_model import BinaryFrameModel
from seqarena.schema import DataSchema

_NOT_BINARY = (
    "a network's density of frames takes only 0 and 1: threshold the frames, or use hidden_markov."
)


class NeuralFrameDensity(Neural):
    """log p(x) of frames of zeros and ones, each frame given all before it.

    Raises:
        ConfigError: the schema says that its frames are others.
    """

    network: BinaryFrameModel
    standardises = False
    """What is hardly ever on would be read as a number far from all others."""

    def __init__(self, config: NeuralConfig, schema: DataSchema) -> None:
        super().__init__(config, schema)
        reason = framed_density_obstacle(schema.task_kind, schema.input_kind, schema.frame_kind)
        if reason is not None:
            raise ConfigError([f"{config.kind}: {reason}."])
        self.network = binary_frame_model(config, schema)

    def objective(self, batch: Batch) -> Objective:
        """Return -log p over the scored steps, and their number."""
        self.check(batch)
        steps = self.network.step_log_prob(batch, self.smoothing)
        return Objective(-steps.where(batch.scored, 0.0).sum(), int(batch.scored.sum()))

    def step_log_prob(self, batch: Batch) -> Float[Tensor, "batch time"]:
        """Return log p(x_t | x_1, ..., x_{t-1}) in nats; 0 on padding.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: the batch holds tokens, or a number that is neither 0 nor 1.
        """
        with self.answering(batch):
            return self.network.step_log_prob(batch)

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return the sum of `step_log_prob` over the scored steps [nats]."""
        return self.step_log_prob(batch).where(batch.scored, 0.0).sum(dim=1)

    def sample(self, lengths: Sequence[int], generator: torch.Generator) -> NetworkSample:
        """Draw one sequence of each length; the same generator state gives the same ones.

        Raises:
            DataError: no length, one below 1, or one beyond the positions that were learned.
            NotFittedError: nothing was learned yet.
        """
        with self.answering():
            return draw_binary_frames(self.network, lengths, generator)

    def check(self, batch: Batch) -> None:
        """Raise unless the batch holds frames of zeros and ones."""
        binary_frames_of(batch, sized(self.schema.dim, "dim"), _NOT_BINARY)
