"""Centres of frames by k-means, and which centre is nearest to a frame."""

import warnings

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.errors import SeqarenaWarning

# Frames whose distances are computed at once.
_CHUNK = 8192


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


def nearest(
    frames: Float[Tensor, "steps dim"], centres: Float[Tensor, "n dim"]
) -> Int[Tensor, "steps"]:
    """Return the index of the centre nearest to each frame; ties go to the lower index."""
    return torch.cdist(frames, centres, compute_mode="donot_use_mm_for_euclid_dist").argmin(dim=1)


def nearest_of_many(
    frames: Float[np.ndarray, "steps dim"], centres: Float[Tensor, "n dim"]
) -> Int[Tensor, "steps"]:
    """Return the index of the centre nearest to each of many frames, in the memory of a chunk."""
    parts = torch.split(torch.from_numpy(frames), _CHUNK)
    return torch.cat([nearest(part.double(), centres) for part in parts])
