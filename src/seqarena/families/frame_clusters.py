"""First guesses of which state or component each frame belongs to."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.families.k_means import k_means, nearest_of_many, warn_of_surplus
from seqarena.seeds import numpy_generator

# Frames that are clustered; the others go to the nearest centre.
_SAMPLE = 20_000
_SURPLUS = "share these frames with them at random, and may stay their copies"


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


def clusters(
    frames: Float[np.ndarray, "steps dim"],
    n_clusters: int,
    seed: int,
    knob: str,
    surplus: str = "stay empty",
) -> Int[Tensor, "steps"]:
    """Return the k-means cluster of every frame; arguments and warning as `k_means`."""
    centres = k_means(frames, n_clusters, seed, knob, surplus)
    return nearest_of_many(frames, torch.from_numpy(centres))


def cluster_frames(
    frames: Float[np.ndarray, "steps dim"],
    n: int,
    seed: int,
    knob: str | None,
    is_rough: bool = False,
) -> Int[Tensor, "steps"]:
    """Return one of `n` clusters for every frame, from a k-means++ start.

    Where there are fewer different frames than clusters, each of them is shared out at random
    among the clusters that start from it.

    Args:
        frames: what to cluster; centres are sought in a random sample of at most 20,000.
        n: number of clusters.
        seed: decides sample and start.
        knob: setting to warn of, where there are fewer different frames; None: do not warn.
        is_rough: leave the centres where k-means++ drew them (Arthur & Vassilvitskii 2007), so that
            several seeds give several starts; otherwise run Lloyd's algorithm to its end.
    """
    generator = np.random.default_rng(seed)
    sample = frames
    if len(frames) > _SAMPLE:
        sample = frames[np.sort(generator.choice(len(frames), _SAMPLE, replace=False))]
    different = np.unique(sample, axis=0)
    if len(different) < n:
        if knob is not None:
            warn_of_surplus(len(different), n, knob, _SURPLUS)
        return _shared_out(
            nearest_of_many(frames, torch.from_numpy(different).double()), len(different), n, seed
        )
    if not is_rough:
        return nearest_of_many(frames, torch.from_numpy(k_means(sample, n, seed, knob or "")))
    # Importing scikit-learn takes over a second, and a stage that only scores has no use for it.
    from sklearn.cluster import kmeans_plusplus

    draw = int(generator.integers(2**32))
    centres, _ = kmeans_plusplus(different.astype(np.float64), n, random_state=draw)
    return nearest_of_many(frames, torch.from_numpy(centres))


def along_main_axis(
    labels: Int[Tensor, "steps"], frames: Float[np.ndarray, "steps dim"], n: int
) -> Int[Tensor, "steps"]:
    """Number the clusters anew, along the direction in which their centres differ most.

    So that in a banded model clusters that are alike become states that are near.
    """
    weight = torch.bincount(labels, minlength=n).double().clamp(min=1.0)[:, None]
    values = torch.from_numpy(frames).double()
    centres = torch.zeros(n, frames.shape[1], dtype=torch.float64).index_add_(0, labels, values)
    centres = centres / weight
    axis = torch.linalg.svd(centres - centres.mean(dim=0), full_matrices=False).Vh[0]
    place = torch.empty(n, dtype=torch.long)
    place[(centres @ axis).argsort(stable=True)] = torch.arange(n)
    return place[labels]


def _shared_out(
    labels: Int[Tensor, "steps"], n_different: int, n: int, seed: int
) -> Int[Tensor, "steps"]:
    """Draw for every step one of the clusters that its frame is to be shared by."""
    first = labels.numpy()
    n_sharing = (n - 1 - first) // n_different + 1
    which = numpy_generator(seed, "surplus").integers(n_sharing)
    return torch.from_numpy(first + n_different * which)
