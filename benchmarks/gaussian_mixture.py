"""One EM iteration of a Gaussian mixture, ours and scikit-learn's, side by side.

    OMP_NUM_THREADS=1 python benchmarks/gaussian_mixture.py

Ours is the whole of it as the Trainer calls it: `expect` on one batch of sequences, then
`maximise`. Theirs is `_e_step` and `_m_step`, what each iteration of their `fit` calls, without
the checks, the start and the last E-step that `fit` adds. The note is our time without the family:
`mixture_sums` on prepared Gaussians. On a machine with two cores the rows that goals are set for
follow once more with two threads, for both.
"""

import os
import warnings
from collections.abc import Callable

import numpy as np
import torch
from side_by_side import Row, medians, threads, write
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture as Peer

from seqarena.batch import Batch, collate_all, sequences_of
from seqarena.families.gaussian_mixture import GaussianMixture, GaussianMixtureConfig
from seqarena.inference.gaussian_fit import Shape
from seqarena.inference.mixture import mixture_sums

# Shape, frames, dimensions, components, least ratio over float64 input and over float32 input.
CASES: list[tuple[Shape, int, int, int, float, float]] = [
    ("diagonal", 100_000, 8, 16, 5, 3),
    ("diagonal", 100_000, 16, 64, 5, 3),
    ("full", 100_000, 8, 16, 8, 5),
    ("full", 50_000, 16, 32, 8, 5),
    ("full", 20_000, 64, 16, 3, 1.5),
    ("spherical", 100_000, 8, 16, 1, 1),
    ("spherical", 100_000, 16, 64, 1, 1),
    ("tied", 100_000, 8, 16, 1, 1),
    ("tied", 50_000, 16, 32, 1, 1),
    ("tied", 20_000, 64, 16, 1, 1),
    ("diagonal", 200, 8, 4, 1, 1),
    ("full", 200, 8, 4, 1, 1),
    ("diagonal", 500, 8, 4, 1, 1),
    ("full", 500, 8, 4, 1, 1),
    ("tied", 500, 8, 4, 1, 1),
    ("spherical", 500, 8, 4, 1, 1),
    ("diagonal", 2_000, 8, 4, 1, 1),
    ("full", 2_000, 8, 4, 1, 1),
    ("diagonal", 100_000, 8, 1, 1, 1),
    ("full", 100_000, 8, 1, 1, 1),
    ("diagonal", 100_000, 1, 8, 1, 1),
    ("full", 20_000, 64, 2, 1, 1),
]
TWICE = CASES[:5]
"""Goals are set for these: they also run with two threads."""
FRAMES_PER_SEQUENCE = 100


def frames_of(n: int, dim: int, n_components: int) -> np.ndarray:
    """Draw frames around as many centres as there are components, at twice their spread."""
    draw = np.random.default_rng(0)
    centres = 2.0 * draw.normal(size=(n_components, dim))
    chosen = centres[draw.integers(n_components, size=n)]
    return (chosen + draw.normal(size=(n, dim))).astype(np.float32)


def ours(shape: Shape, frames: np.ndarray, n: int) -> tuple[GaussianMixture, Batch]:
    """Return a mixture one step from its start, and all frames as one batch of sequences."""
    data = sequences_of(
        np.split(frames, range(FRAMES_PER_SEQUENCE, len(frames), FRAMES_PER_SEQUENCE))
    )
    config = GaussianMixtureConfig(kind="gaussian_mixture", n_components=n, covariance=shape)
    model = GaussianMixture(config, frames.shape[1])
    model.initialise(data, data, seed=0)
    return model, collate_all(data)


def iteration(model: GaussianMixture, batch: Batch) -> Callable[[], None]:
    """Return a call that runs one EM iteration."""
    return lambda: model.maximise(model.expect(batch))


def kernel(model: GaussianMixture, frames: np.ndarray) -> Callable[[], object]:
    """Return a call that runs the E-step without the family around it."""
    densities = model.components.densities(torch.float32, model.log_weight)
    return lambda: mixture_sums(densities, torch.from_numpy(frames))


def peer(shape: Shape, frames: np.ndarray, n: int) -> Callable[[], None]:
    """Return a call that runs one EM iteration of scikit-learn."""
    kind = "diag" if shape == "diagonal" else shape
    model = Peer(
        n,
        covariance_type=kind,
        init_params="random_from_data",
        max_iter=1,
        tol=1e9,
        random_state=0,
    ).fit(frames)

    def run() -> None:
        _, log_share = model._e_step(frames)
        model._m_step(frames, log_share)

    return run


def rows_of(
    shape: Shape, n_frames: int, dim: int, n: int, over_64: float, over_32: float
) -> list[Row]:
    """Time one case against both inputs of the peer."""
    frames = frames_of(n_frames, dim, n)
    model, batch = ours(shape, frames, n)
    taken = medians(
        {
            "ours": iteration(model, batch),
            "kernel": kernel(model, frames),
            "float64": peer(shape, frames.astype(np.float64), n),
            "float32": peer(shape, frames, n),
        },
        n_rounds=7,
    )
    work = f"EM iteration, {shape}, N={n_frames} D={dim} K={n}"
    note = f"kernel {1e3 * taken['kernel']:.1f} ms"
    return [
        Row(
            work,
            f"scikit-learn, {kind} input",
            taken["ours"],
            taken[kind],
            wanted,
            torch.get_num_threads(),
            note,
        )
        for kind, wanted in (("float64", over_64), ("float32", over_32))
    ]


def main() -> None:
    """Run every case, and write and print the table."""
    torch.set_grad_enabled(False)
    # That one step does not converge is what is wanted here.
    warnings.simplefilter("ignore", ConvergenceWarning)
    rows = []
    for n_threads, cases in ((1, CASES), (2, TWICE if (os.cpu_count() or 1) > 1 else [])):
        with threads(n_threads):
            rows += [row for case in cases for row in rows_of(*case)]
    print(write("gaussian_mixture", "EM iteration of Gaussian mixtures", rows))


if __name__ == "__main__":
    main()
