"""A codebook of k-means centres, which turns frames into symbols."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch, Sequences
from seqarena.families.bayes_classifier import BayesClassifier
from seqarena.families.guards import frames_of, require_finite, require_fitted
from seqarena.families.k_means import k_means, nearest, nearest_of_many
from seqarena.fitting.protocols import FitReport, FitSetting
from seqarena.seeds import derive_seed


class QuantisedClassifier(nn.Module):
    """A classifier of symbols behind a k-means codebook: frames become codes, codes are classified.

    One codebook serves all classes: log p(codes | class) is comparable over classes only when every
    class sees the same codes.
    """

    codebook: Tensor
    fitted: Tensor

    def __init__(self, inner: BayesClassifier, n_codes: int, dim: int) -> None:
        super().__init__()
        self.inner = inner
        self.register_buffer("codebook", torch.zeros(n_codes, dim, dtype=torch.float64))
        self.register_buffer("fitted", torch.tensor(False))

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Learn the codebook from the frames of `train`, then the classifier from their codes.

        Fewer different frames than codes are a warning: the surplus codes are never used.
        """
        seed = derive_seed(setting.seed, "codebook")
        centres = k_means(
            require_finite(train), len(self.codebook), seed, "n_codes", "are never used"
        )
        self.codebook.copy_(torch.from_numpy(centres))
        self.fitted.fill_(True)
        return self.inner.fit(self._quantised(train), self._quantised(valid), setting)

    def quantise(self, batch: Batch) -> Batch:
        """Return the batch with the code of the nearest codebook entry in place of each frame."""
        require_fitted(self.fitted, "vector quantiser")
        frames = frames_of(batch, self.codebook.shape[1])
        codes = nearest(frames.flatten(0, 1).double(), self.codebook).view(batch.mask.shape)
        return replace(batch, tokens=codes.where(batch.mask, 0), features=None)

    def class_log_prob(self, batch: Batch) -> Float[Tensor, "batch classes"]:
        """Return log p(label | codes) [nats]."""
        return self.inner.class_log_prob(self.quantise(batch))

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(the batch's own label | codes) [nats]."""
        return self.inner.log_prob(self.quantise(batch))

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the maps of the classifier of codes."""
        return self.inner.native_maps(self.quantise(batch))

    def n_free_parameters(self) -> int:
        """Return the numbers of the codebook and of the classifier."""
        return self.codebook.numel() + self.inner.n_free_parameters()

    def _quantised(self, sequences: Sequences) -> Sequences:
        codes = nearest_of_many(require_finite(sequences), self.codebook.cpu())
        return replace(sequences, tokens=codes.numpy(), features=None)
