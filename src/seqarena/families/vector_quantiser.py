"""k-means: starts of mixtures, and a codebook that turns frames into symbols."""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch, Sequences
from seqarena.errors import DataError
from seqarena.families.bayes_classifier import BayesClassifier
from seqarena.families.guards import frames_of, require_finite, require_fitted
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

        Raises:
            DataError: fewer different frames than codes.
        """
        seed = derive_seed(setting.seed, "codebook")
        centres = k_means(require_finite(train), len(self.codebook), seed, "n_codes")
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
        frames = torch.from_numpy(require_finite(sequences)).double()
        codes = torch.cat(
            [nearest(part, self.codebook.cpu()) for part in torch.split(frames, 8192)]
        )
        return replace(sequences, tokens=codes.numpy(), features=None)


def k_means(
    frames: Float[np.ndarray, "steps dim"],
    n_clusters: int,
    seed: int,
    knob: str,
    most: int = 20_000,
) -> Float[np.ndarray, "n_clusters dim"]:
    """Return the centres of Lloyd's algorithm from a k-means++ start (Arthur & Vassilvitskii 2007).

    Args:
        frames: what to cluster; of more than `most` a random sample is taken.
        n_clusters: number of centres.
        seed: decides sample and start.
        knob: setting that asked for so many centres, for the error.
        most: largest number of frames to cluster.

    Raises:
        DataError: there are fewer different frames than centres.
    """
    # Importing scikit-learn takes over a second, and a stage that only scores has no use for it.
    from sklearn.cluster import KMeans

    generator = np.random.default_rng(seed)
    if len(frames) > most:
        frames = frames[np.sort(generator.choice(len(frames), most, replace=False))]
    n_different = len(np.unique(frames, axis=0))
    if n_different < n_clusters:
        raise DataError(
            f"{knob}: {n_clusters} asked for, but there are only {n_different} different frames "
            f"to start from; take at most {n_different}."
        )
    model = KMeans(n_clusters, n_init=1, random_state=int(generator.integers(2**32)))
    centres: np.ndarray = model.fit(frames.astype(np.float64)).cluster_centers_
    return centres


def clusters(
    frames: Float[np.ndarray, "steps dim"], n_clusters: int, seed: int, knob: str
) -> Int[Tensor, "steps"]:
    """Return the k-means cluster of every frame; arguments and errors as `k_means`."""
    centres = torch.from_numpy(k_means(frames, n_clusters, seed, knob))
    parts = torch.split(torch.from_numpy(frames).double(), 8192)
    return torch.cat([nearest(part, centres) for part in parts])


def nearest(
    frames: Float[Tensor, "steps dim"], centres: Float[Tensor, "n dim"]
) -> Int[Tensor, "steps"]:
    """Return the index of the centre nearest to each frame; ties go to the lower index."""
    return torch.cdist(frames, centres, compute_mode="donot_use_mm_for_euclid_dist").argmin(dim=1)
