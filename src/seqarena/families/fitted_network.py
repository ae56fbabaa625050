"""What the neural families share: a network, its settings, and whether it has been fitted."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import torch
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch, Sequences
from seqarena.families.encoder_assembly import NeuralConfig
from seqarena.families.gradient_record import record_gradient_norms
from seqarena.families.guards import frames_of, require_fitted, symbols_of
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.sliding_window import sliding_of, windows_to_score, windows_to_train
from seqarena.fitting.protocols import FitReport, FitSetting, Objective
from seqarena.networks.causal_model import CausalModel
from seqarena.networks.classifier import SequenceClassifier
from seqarena.networks.inputs import FrameInput
from seqarena.networks.region_input import RegionInput
from seqarena.networks.tagger import SequenceTagger
from seqarena.networks.transducer import Transducer
from seqarena.schema import DataSchema


class Neural(nn.Module, ABC):
    """A network that is fitted by gradients and answers once it has been."""

    network: CausalModel | SequenceClassifier | SequenceTagger | Transducer
    fitted: Tensor
    standardises: ClassVar[bool] = True
    """Whether frames are read in units of their deviations in training."""

    def __init__(self, config: NeuralConfig, schema: DataSchema) -> None:
        super().__init__()
        self.config = config
        self.schema = schema
        self.register_buffer("fitted", torch.tensor(False))

    @abstractmethod
    def objective(self, batch: Batch) -> Objective:
        """Return the negative log-likelihood of a batch as a sum, and what it counts."""

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Standardise frames by `train`, descend, keep the parameters that `valid` likes best.

        A fit that goes on keeps the standardisation that its parameters were fitted to.
        """
        inputs, frames = self.network.inputs, train.features
        is_fresh = self.standardises and not setting.goes_on
        if isinstance(inputs, FrameInput | RegionInput) and frames is not None and is_fresh:
            inputs.standardise_by(torch.from_numpy(frames))
        sliding = sliding_of(self.network, self.schema)
        if sliding is not None:
            train, valid = windows_to_train(train, sliding), windows_to_score(valid, sliding)
        report = self._descend(train, valid, setting)
        self.fitted.fill_(True)
        self.eval()
        if isinstance(self.config, RecurrentConfig) and isinstance(
            self.network, CausalModel | SequenceClassifier
        ):
            record_gradient_norms(self.network, valid, self.config.gradient_lags, setting.recorder)
        return report

    def _descend(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        # Lightning takes seconds to import, and only a fit needs it.
        from seqarena.fitting.gradient import fit_by_gradient
        from seqarena.fitting.streams import fit_stream_by_gradient

        optimiser, window = self.config.optimiser, self.schema.stream_window
        if window is None or sliding_of(self.network, self.schema) is not None:
            return fit_by_gradient(self, optimiser, train, valid, setting)
        return fit_stream_by_gradient(self, optimiser, window, train, valid, setting)

    @property
    def smoothing(self) -> float:
        """How much of a label goes to all alike: in training only."""
        return self.config.optimiser.label_smoothing if self.training else 0.0

    def forward_flops(self, batch: Batch) -> float:
        """Estimate the floating-point operations of one forward pass, padding included."""
        return self.network.forward_flops(batch)

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the weights of every mechanism inside; none for a network without attention."""
        with self.answering(batch), torch.autocast(self.fitted.device.type, enabled=False):
            return self.network.native_maps(batch)

    def n_free_parameters(self) -> int:
        """Return how many numbers are learned."""
        return sum(each.numel() for each in self.parameters() if each.requires_grad)

    def check(self, batch: Batch) -> None:
        """Raise unless the batch holds what the schema says: finite frames, symbols in range."""
        if self.schema.n_symbols is not None:
            symbols_of(batch, self.schema.n_symbols)
        elif self.schema.dim is not None:
            frames_of(batch, self.schema.dim)

    @contextmanager
    def answering(self, batch: Batch | None = None) -> Iterator[None]:
        """Answer as a fitted model does: no dropout, no gradients."""
        require_fitted(self.fitted, self.config.kind)
        if batch is not None:
            self.check(batch)
        was_training = self.training
        self.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self.train(was_training)
