"""k-means: starts of mixtures, and a codebook that turns frames into symbols."""

import warnings
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch, Sequences
from seqarena.errors import SeqarenaWarning
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
    surplus: str = "stay empty",
    most: int = 20_000,
) -> Float[np.ndarray, "n_clusters dim"]:
    """Return the centres of Lloyd's algorithm from a k-means++ start (Arthur & Vassilvitskii 2007).

    Where there are fewer different frames than centres, they are the centres, in rising order,
    and the surplus ones repeat them from the first on: `nearest` gives those no frame. A warning
    says so.

    Args:
        frames: what to cluster; of more than `most` a random sample is taken.
        n_clusters: number of centres.
        seed: decides sample and start.
        knob: setting that asked for so many centres, for the warning.
        surplus: what becomes of centres without frames, for the warning.
        most: largest number of frames to cluster.
    """
    # Importing scikit-learn takes over a second, and a stage that only scores has no use for it.
    from sklearn.cluster import KMeans

    generator = np.random.default_rng(seed)
    if len(frames) > most:
        frames = frames[np.sort(generator.choice(len(frames), most, replace=False))]
    frames = frames.astype(np.float64)
    different = np.unique(frames, axis=0)
    if len(different) < n_clusters:
        warn_of_surplus(len(different), n_clusters, knob, surplus)
        return np.resize(different, (n_clusters, frames.shape[1]))
    model = KMeans(n_clusters, n_init=1, random_state=int(generator.integers(2**32)))
    centres: np.ndarray = model.fit(frames).cluster_centers_
    return centres


def random_frames(
    frames: Float[np.ndarray, "steps dim"], n: int, seed: int, knob: str, surplus: str
) -> Float[np.ndarray, "n_or_fewer dim"]:
    """Return `n` different frames, drawn evenly from the different ones.

    Fewer where there are no more; a warning says so. Arguments as `k_means`.
    """
    different = np.unique(frames.astype(np.float64), axis=0)
    if len(different) < n:
        warn_of_surplus(len(different), n, knob, surplus)
        return different
    drawn = np.random.default_rng(seed).choice(len(different), n, replace=False)
    chosen: np.ndarray = different[drawn]
    return chosen


def warn_of_surplus(n_different: int, n_asked: int, knob: str, surplus: str) -> None:
    """Warn that there are fewer different frames than places to start from.

    Args:
        n_different: different frames.
        n_asked: centres, components or states that were asked for.
        knob: setting that asked for them.
        surplus: what becomes of those that get no frame: the end of a sentence about them.
    """
    warnings.warn(
        f"{knob}: {n_asked} asked for, but there are only {n_different} different frames to start "
        f"from; {n_different} start at one of them each, the surplus ({n_asked - n_different}) "
        f"{surplus}. Take at most {n_different} to be rid of them.",
        SeqarenaWarning,
        stacklevel=3,
    )


def clusters(
    frames: Float[np.ndarray, "steps dim"],
    n_clusters: int,
    seed: int,
    knob: str,
    surplus: str = "stay empty",
) -> Int[Tensor, "steps"]:
    """Return the k-means cluster of every frame; arguments and warning as `k_means`."""
    centres = torch.from_numpy(k_means(frames, n_clusters, seed, knob, surplus))
    parts = torch.split(torch.from_numpy(frames).double(), 8192)
    return torch.cat([nearest(part, centres) for part in parts])


def nearest(
    frames: Float[Tensor, "steps dim"], centres: Float[Tensor, "n dim"]
) -> Int[Tensor, "steps"]:
    """Return the index of the centre nearest to each frame; ties go to the lower index."""
    return torch.cdist(frames, centres, compute_mode="donot_use_mm_for_euclid_dist").argmin(dim=1)
