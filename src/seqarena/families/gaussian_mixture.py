"""Mixtures of Gaussians as models of sequences whose frames are independent."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch, Sequences
from seqarena.errors import DataError
from seqarena.families.delta_frames import frames_with_deltas, sequences_with_deltas
from seqarena.families.engine_fit import batches_by_length, fit_with_engine
from seqarena.families.frame_clusters import clusters, random_frames
from seqarena.families.gaussian_emission import GaussianEmission
from seqarena.families.gaussian_mixture_config import GaussianMixtureConfig
from seqarena.families.guards import require_fitted
from seqarena.families.information_criteria import aic, bic
from seqarena.families.label_sums import sums_of_labels
from seqarena.families.shares import set_log_shares
from seqarena.families.statistics_fit import fit_in_large_batches
from seqarena.fitting.protocols import FitReport, FitSetting
from seqarena.inference.gaussian_fit import GaussianSums
from seqarena.inference.mixture import mixture_sums
from seqarena.schema import DataSchema
from seqarena.seeds import derive_seed

# Below this many frames 64 bits cost nothing, and there is little to average their rounding out.
_FEW = 4096
_SURPLUS = "have weight 0 and take no part"


@dataclass(frozen=True)
class GaussianMixtureStatistics:
    """Weighted power sums of the frames of each component."""

    log_likelihood: Float[Tensor, ""]
    sums: GaussianSums

    def __add__(self, other: "GaussianMixtureStatistics") -> "GaussianMixtureStatistics":
        return GaussianMixtureStatistics(
            self.log_likelihood + other.log_likelihood, self.sums + other.sums
        )

    def tensors(self) -> list[Tensor]:
        """Return every tensor: log-likelihood, then weights and sums."""
        return [self.log_likelihood, *self.sums.tensors()]

    def with_tensors(self, tensors: list[Tensor]) -> "GaussianMixtureStatistics":
        """Return a record of the same kind that holds `tensors`."""
        return GaussianMixtureStatistics(tensors[0], GaussianSums(*tensors[1:]))


class GaussianMixture(nn.Module):
    """p(x) = product over steps of the mixture's density: Bishop (2006), section 9.2."""

    log_weight: Tensor
    fitted: Tensor
    n_passes: int | None = None

    def __init__(self, config: GaussianMixtureConfig, dim: int) -> None:
        super().__init__()
        self.config = config
        n = config.n_components
        self.dim = dim
        self.components = GaussianEmission(
            n, dim * (1 + config.deltas), config.covariance, config.variance_floor
        )
        self.register_buffer("log_weight", torch.full((n,), 1.0 / n, dtype=torch.float64).log())
        self.register_buffer("fitted", torch.tensor(False))

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Start from k-means clusters, or go on from what is there; iterate EM to convergence."""
        if not setting.goes_on:
            self.initialise(train, train, derive_seed(setting.seed, "start"))
        if self.config.engine == "scikit-learn":
            return fit_with_engine(self, [(self, train)], train, valid, setting)
        return fit_in_large_batches(self, train, valid, setting, self.config.stepwise)

    def initialise(self, train: Sequences, reference: Sequences, seed: int) -> None:
        """Set each component to the moments of one k-means cluster, or to a random frame's place.

        Components beyond the number of different frames get weight 0, and a warning says so.

        Args:
            train: what this model will be fitted to.
            reference: all training frames, of every class: they set the variance floor.
            seed: decides the clusters, or the frames.
        """
        order = self.config.deltas
        self.fitted.fill_(False)
        self.components.reference(sequences_with_deltas(reference, order))
        frames, n = sequences_with_deltas(train, order).values, len(self.log_weight)
        if self.config.start == "random":
            self._start_at(random_frames(frames, n, seed, "n_components", _SURPLUS), frames)
            return
        labels = clusters(frames, n, seed, "n_components", _SURPLUS)
        self._set(sums_of_labels(self.components, torch.from_numpy(frames), labels, n))

    def run_engine(self, train: Sequences, setting: FitSetting) -> tuple[int, bool]:
        """Iterate EM in scikit-learn; return iterations, and whether they converged."""
        from seqarena.families.scikit_learn_engine import run_scikit_learn

        train = sequences_with_deltas(train, self.config.deltas)
        iterations = run_scikit_learn(self, train, setting.training)
        self.fitted.fill_(True)
        return iterations

    def expect(self, batch: Batch) -> GaussianMixtureStatistics:
        """Return the responsibilities' power sums over the scored steps.

        Raises:
            DataError: a frame is not finite, or a covariance is singular.
        """
        frames = self._frames(batch, batch.scored)
        is_narrow = self.config.precision == "float32" and frames.shape[0] >= _FEW
        dtype = torch.float32 if is_narrow else torch.float64
        densities = self.components.densities(dtype, self.log_weight)
        log_likelihood, sums = mixture_sums(densities, frames)
        if not math.isfinite(log_likelihood):
            # A frame whose square leaves 32 bits.
            wide = self.components.densities(torch.float64, self.log_weight)
            log_likelihood, sums = mixture_sums(wide, frames)
        return GaussianMixtureStatistics(log_likelihood, sums)

    def no_statistics(self) -> GaussianMixtureStatistics:
        """Return the statistics of no frame."""
        frames = self.components.mean[:0]
        share = self.log_weight.new_zeros(0, len(self.log_weight))
        nothing = self.components.sums(frames, share)
        return GaussianMixtureStatistics(self.log_weight.new_zeros(()), nothing)

    def maximise(self, statistics: GaussianMixtureStatistics) -> None:
        """Set the most likely parameters; a component without frames keeps its Gaussian."""
        self._set(statistics.sums)
        self.fitted.fill_(True)

    def log_prior(self) -> float:
        """Return 0: the variance floor is a bound, not a prior."""
        return 0.0

    def expect_flops(self, batch: Batch) -> float:
        """Estimate densities, responsibilities and sums at the scored steps."""
        per_step = self.components.flops_per_step() + 4.0 * len(self.log_weight)
        return per_step * float(batch.scored.sum())

    def step_log_prob(self, batch: Batch) -> Float[Tensor, "batch time"]:
        """Return the log-density of each frame, in 64 bits; 0 on padding [nats].

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: a frame is not finite.
        """
        require_fitted(self.fitted, "Gaussian mixture")
        padded = self.log_weight.new_zeros(batch.mask.shape)
        padded[batch.mask] = self._log_joint(batch).logsumexp(dim=1)
        return padded

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return the sum of `step_log_prob` over the scored steps [nats]."""
        return self.step_log_prob(batch).where(batch.scored, 0.0).sum(dim=1)

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the responsibilities: row = time, column = component."""
        require_fitted(self.fitted, "Gaussian mixture")
        n = len(self.log_weight)
        values = torch.zeros(*batch.mask.shape, n, device=batch.mask.device)
        values[batch.mask] = self._log_joint(batch).softmax(dim=1).float()
        columns = torch.ones(len(batch), n, dtype=torch.bool, device=values.device)
        return [NativeMap("components", "responsibility", values[:, None], batch.mask, columns)]

    def n_free_parameters(self) -> int:
        """Return the weights less one, plus the Gaussians' parameters."""
        return len(self.log_weight) - 1 + self.components.n_free_parameters()

    def aic(self, sequences: Sequences) -> float:
        """Return Akaike's criterion of these sequences; lower is better [nats]."""
        return aic(self._log_likelihood(sequences), self.n_free_parameters())

    def bic(self, sequences: Sequences) -> float:
        """Return Schwarz's criterion, each scored frame an observation; lower is better [nats]."""
        n_frames = int(sequences.n_scored.sum())
        return bic(self._log_likelihood(sequences), self.n_free_parameters(), n_frames)

    def _log_likelihood(self, sequences: Sequences) -> float:
        return float(sum(self.log_prob(batch).sum() for batch in batches_by_length(sequences)))

    def _log_joint(self, batch: Batch) -> Float[Tensor, "steps n_components"]:
        """Return log p(component, frame) of the real steps, in 64 bits [nats]."""
        return self.log_weight + self.components.log_prob(self._frames(batch, batch.mask))

    def _frames(
        self, batch: Batch, marked: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "steps wider_dim"]:
        """Return the frames that are marked, with their slopes; without a copy if all are."""
        frames = frames_with_deltas(batch, self.dim, self.config.deltas)
        return frames.flatten(0, 1) if bool(marked.all()) else frames[marked]

    def _start_at(self, places: np.ndarray, frames: np.ndarray) -> None:
        """Put a component on each place, as wide as all frames; those without a place weigh 0."""
        n = len(self.log_weight)
        even = torch.full((1, 1), 1.0 / n, dtype=torch.float64).expand(len(frames), n)
        self._set(self.components.sums(torch.from_numpy(frames), even))
        self.components.mean[: len(places)] = torch.from_numpy(places)
        has_place = torch.arange(n) < len(places)
        self.log_weight.copy_((has_place.double() / len(places)).log())

    def _set(self, sums: GaussianSums) -> None:
        # Without frames it stays as it is.
        set_log_shares(self.log_weight[None], sums.weight[None], 0.0)
        self.components.maximise(sums)


def build_gaussian_mixture(config: GaussianMixtureConfig, schema: DataSchema) -> GaussianMixture:
    """Return an unfitted mixture of one class's, or of all, frames.

    Raises:
        DataError: the schema has no frames.
    """
    if schema.dim is None:
        raise DataError("a Gaussian mixture needs frames; this schema says no dim.")
    return GaussianMixture(config, schema.dim)
