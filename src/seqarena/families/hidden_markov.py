"""Hidden Markov models of symbols and of frames, fitted by Baum and Welch's algorithm."""

from dataclasses import replace
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch, Sequences
from seqarena.errors import DataError
from seqarena.families.categorical_emission import CategoricalEmission
from seqarena.families.emissions import Emission
from seqarena.families.engine_fit import fit_with_engine
from seqarena.families.gaussian_emission import GaussianEmission
from seqarena.families.guards import require_explained, require_fitted
from seqarena.families.hidden_markov_start import (
    allowed_moves,
    count_path,
    equal_parts,
    random_log_shares,
)
from seqarena.families.hidden_markov_statistics import HiddenMarkovStatistics
from seqarena.families.shares import dirichlet_log_prior, log_shares
from seqarena.families.statistics_fit import fit_in_large_batches
from seqarena.families.vector_quantiser import clusters
from seqarena.fitting.protocols import FitReport, FitSetting
from seqarena.inference.forward_backward import forward, forward_backward
from seqarena.inference.packing import Packing
from seqarena.inference.viterbi import viterbi
from seqarena.schema import DataSchema, TaskKind
from seqarena.seeds import derive_seed, torch_generator


class HiddenMarkovConfig(BaseModel):
    """A hidden Markov model: which states there are, what they emit, who fits it."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["hidden_markov"]
    """Names this family."""
    n_states: int = Field(default=8, ge=1)
    """Hidden states; in a classifier, of each class."""
    emission: Literal["auto", "categorical", "gaussian"] = "auto"
    """What a state emits. "auto": symbols where the input is tokens, frames where it is frames."""
    covariance: Literal["diagonal", "full"] = "diagonal"
    """Shape of a Gaussian state; read only where frames are emitted."""
    topology: Literal["ergodic", "left_to_right"] = "ergodic"
    """"ergodic": every state follows every state. "left_to_right": a path starts in the first
    state, and stays or moves on by one; all other transitions are exactly zero."""
    pseudo_count: float = Field(default=0.01, ge=0)
    """Added to every expected start, transition and symbol count (a Dirichlet prior of 1 + this);
    0 is maximum likelihood, which may call a new sequence impossible."""
    variance_floor: float = Field(default=0.01, gt=0, lt=1)
    """Smallest variance, as a share of each dimension's variance over all training frames."""
    precision: Literal["float32", "float64"] = "float64"
    """Arithmetic of the recursions in fitting an ergodic model; sums are always in 64 bits.
    "float32" is two to three times faster, and rounds the parameters at about 1e-7."""
    engine: Literal["seqarena", "hmmlearn"] = "seqarena"
    """Who runs the EM iterations; start, objective and stored parameters are the same."""

    @property
    def mechanism(self) -> str:
        """Attention mechanism: "none"."""
        return "none"

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Say why this configuration cannot do such a task, or return None."""
        if task_kind == "alignment":
            return "its states are no words of another sequence; family aligner has model: hmm"
        if task_kind == "transduction":
            return "a hidden Markov model gives probabilities of sequences; it writes none"
        if self.emission == "gaussian" and input_kind == "tokens":
            return "emission: gaussian needs frames, and the input is tokens; set emission: auto"
        if self.emission == "categorical" and input_kind == "frames":
            return "emission: categorical needs tokens, and the input is frames; set emission: auto"
        return None


class HiddenMarkovModel(nn.Module):
    """p(x) = sum over hidden paths of p(path) p(x | path): Rabiner (1989)."""

    log_start: Tensor
    log_transition: Tensor
    can_start: Tensor
    can_move: Tensor
    fitted: Tensor
    n_passes: int | None = None

    def __init__(self, config: HiddenMarkovConfig, schema: DataSchema) -> None:
        super().__init__()
        self.config = config
        self.emission: Emission = _emission(config, schema)
        can_start, can_move = allowed_moves(config.n_states, config.topology)
        self.register_buffer("can_start", can_start, persistent=False)
        self.register_buffer("can_move", can_move, persistent=False)
        self.register_buffer("log_start", can_start.double().div(can_start.sum()).log())
        moves = can_move.double()
        self.register_buffer("log_transition", (moves / moves.sum(dim=1, keepdim=True)).log())
        self.register_buffer("fitted", torch.tensor(False))

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Start from the data, then iterate EM to convergence."""
        # EM climbs the probability of whole sequences: of the training split, all steps count.
        train = replace(train, scored_from=None)
        self.initialise(train, train, derive_seed(setting.seed, "start"))
        if self.config.engine == "hmmlearn":
            return fit_with_engine(self, [(self, train)], train, valid, setting)
        return fit_in_large_batches(self, train, valid, setting)

    def initialise(self, train: Sequences, reference: Sequences, seed: int) -> None:
        """Set starting parameters: a function of the data and the seed.

        Left-to-right: each sequence is cut into equal parts, one for each state. Ergodic over
        frames: k-means clusters are the states. Ergodic over symbols: random, around the symbols'
        frequencies.

        Args:
            train: what this model will be fitted to.
            reference: all training frames, of every class: they set the variance floor.
            seed: decides clusters and random numbers.
        """
        self.fitted.fill_(False)
        self.emission.reference(reference)
        values, n_states = torch.from_numpy(train.values), len(self.log_start)
        if self.config.topology == "left_to_right":
            self._start_from(equal_parts(train, n_states), values, train.offsets)
            return
        match self.emission:
            case CategoricalEmission() as emission:
                self._start_at_random(emission, values, torch_generator(seed, "symbols"))
            case GaussianEmission():
                labels = clusters(train.values, n_states, seed, "n_states")
                self._start_from(labels, values, train.offsets)

    def run_engine(self, train: Sequences, setting: FitSetting) -> tuple[int, bool]:
        """Iterate EM in hmmlearn; return iterations, and whether they converged."""
        from seqarena.families.hmmlearn_engine import run_hmmlearn

        iterations = run_hmmlearn(self, train, setting.training)
        self.fitted.fill_(True)
        return iterations

    def expect(self, batch: Batch) -> HiddenMarkovStatistics:
        """Return the expected statistics of whole sequences: Rabiner (1989), section III.C.

        The log-likelihood is of the scored steps. A sequence that no path explains makes it minus
        infinity, and adds nothing to the rest; before the first M-step it is an error.

        Raises:
            DataError: a symbol outside the alphabet, a frame that is not finite, or a sequence that
                no path explains under the starting parameters.
        """
        padded = self.emission.values(batch)
        packing = Packing.of(batch.mask)
        values = packing.pack(padded)
        emission = self.emission.packed(values, self._dtype())
        posterior = forward_backward(self.log_start, self.log_transition, emission, packing)
        step_log_prob = packing.unpack(posterior.step_log_prob)
        if not bool(self.fitted):
            require_explained(batch, step_log_prob, "hidden Markov model")
        return HiddenMarkovStatistics(
            log_likelihood=step_log_prob.where(batch.scored, 0.0).sum(),
            start=posterior.start,
            transition=posterior.transition,
            emission=self.emission.sums(values, posterior.state_probs),
        )

    def no_statistics(self) -> HiddenMarkovStatistics:
        """Return the statistics of no sequence."""
        nothing = self.log_start.new_zeros(0, len(self.log_start))
        values = torch.zeros(0, dtype=torch.long, device=nothing.device)
        if isinstance(self.emission, GaussianEmission):
            values = nothing.new_zeros(0, self.emission.mean.shape[1])
        return HiddenMarkovStatistics(
            log_likelihood=nothing.new_zeros(()),
            start=torch.zeros_like(self.log_start),
            transition=torch.zeros_like(self.log_transition),
            emission=self.emission.sums(values, nothing),
        )

    def maximise(self, statistics: HiddenMarkovStatistics) -> None:
        """Set the most probable parameters; a state that was never left keeps its old row."""
        extra = self.config.pseudo_count
        start = (statistics.start + extra) * self.can_start
        self.log_start.copy_(log_shares(start[None], self.log_start[None])[0])
        moves = (statistics.transition + extra) * self.can_move
        self.log_transition.copy_(log_shares(moves, self.log_transition))
        self.emission.maximise(statistics.emission)
        self.fitted.fill_(True)

    def log_prior(self) -> float:
        """Return the log-density of the parameters under the Dirichlet prior, up to a constant."""
        extra = self.config.pseudo_count
        return (
            dirichlet_log_prior(self.log_start[self.can_start], extra)
            + dirichlet_log_prior(self.log_transition[self.can_move], extra)
            + self.emission.log_prior()
        )

    def expect_flops(self, batch: Batch) -> float:
        """Three products of states² per real step, and what the emissions cost."""
        per_step = 6.0 * len(self.log_start) ** 2 + self.emission.flops_per_step()
        return per_step * float(batch.lengths.sum())

    def step_log_prob(self, batch: Batch) -> Float[Tensor, "batch time"]:
        """Return log p(x_t | x_1, ..., x_{t-1}), in 64 bits [nats].

        Minus infinity from the first step on that no path explains.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: a symbol outside the alphabet, or a frame that is not finite.
        """
        require_fitted(self.fitted, "hidden Markov model")
        packing = Packing.of(batch.mask)
        emission = self.emission.packed(packing.pack(self.emission.values(batch)), torch.float64)
        return packing.unpack(forward(self.log_start, self.log_transition, emission, packing))

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return the sum of `step_log_prob` over the scored steps [nats]."""
        return self.step_log_prob(batch).where(batch.scored, 0.0).sum(dim=1)

    def state_probs(self, batch: Batch) -> Float[Tensor, "batch time n_states"]:
        """Return p(state_t | the whole sequence): Rabiner's gamma; 0 on padding.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: as `expect`.
        """
        require_fitted(self.fitted, "hidden Markov model")
        packing = Packing.of(batch.mask)
        emission = self.emission.packed(packing.pack(self.emission.values(batch)), torch.float64)
        posterior = forward_backward(self.log_start, self.log_transition, emission, packing)
        require_explained(batch, packing.unpack(posterior.step_log_prob), "hidden Markov model")
        return packing.unpack(posterior.state_probs)

    def decode(self, batch: Batch) -> Int[Tensor, "batch time"]:
        """Return the most probable hidden path of each sequence (Viterbi); 0 on padding."""
        require_fitted(self.fitted, "hidden Markov model")
        packing = Packing.of(batch.mask)
        log_emission = self.emission.log_prob(packing.pack(self.emission.values(batch)))
        path, _ = viterbi(self.log_start, self.log_transition, log_emission, packing)
        return packing.unpack(path)

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the posteriors of the states: row = time, column = state."""
        values = self.state_probs(batch).float()[:, None]
        columns = torch.ones(len(batch), values.shape[3], dtype=torch.bool, device=values.device)
        return [NativeMap("states", "posterior", values, batch.mask, columns)]

    def n_free_parameters(self) -> int:
        """Return allowed starts and transitions less one per distribution, plus the emissions'."""
        starts = int(self.can_start.sum()) - 1
        moves = int(self.can_move.sum()) - len(self.can_move)
        return starts + moves + self.emission.n_free_parameters()

    def _dtype(self) -> torch.dtype:
        # Where no path returns to a state, one that underflows is lost: keep the wide exponent.
        narrow = self.config.precision == "float32" and self.config.topology == "ergodic"
        return torch.float32 if narrow else torch.float64

    def _start_from(self, labels: Tensor, values: Tensor, offsets: np.ndarray) -> None:
        """Count as if the path were known; one extra count keeps all that is allowed alive."""
        starts, moves = count_path(labels, offsets, len(self.log_start))
        starts, moves = starts + self.can_start, (moves + 1.0) * self.can_move
        self.log_start.copy_(log_shares(starts[None], self.log_start[None])[0])
        self.log_transition.copy_(log_shares(moves, self.log_transition))
        self._start_emission(nn.functional.one_hot(labels, len(self.log_start)), values)

    def _start_emission(self, state_probs: Tensor, values: Tensor) -> None:
        match self.emission:
            case CategoricalEmission() as emission:
                sums = emission.sums(values, state_probs.double())
                # One extra count of each symbol: without a pseudo_count no zero is ever undone.
                emission.log_emission.copy_(log_shares(sums.counts + 1.0, emission.log_emission))
            case GaussianEmission() as emission:
                emission.maximise(emission.sums(values, state_probs.double()))

    def _start_at_random(
        self, emission: CategoricalEmission, symbols: Tensor, generator: torch.Generator
    ) -> None:
        shape = emission.log_emission.shape
        frequency = torch.bincount(symbols, minlength=shape[1]).double() + 1.0
        emission.log_emission.copy_(random_log_shares(frequency.expand(shape), generator))
        self.log_start.copy_(random_log_shares(torch.ones_like(self.log_start), generator))
        self.log_transition.copy_(
            random_log_shares(torch.ones_like(self.log_transition), generator)
        )


def build_hidden_markov(config: HiddenMarkovConfig, schema: DataSchema) -> HiddenMarkovModel:
    """Return an unfitted model of one class's, or of all, sequences."""
    return HiddenMarkovModel(config, schema)


def _emission(config: HiddenMarkovConfig, schema: DataSchema) -> Emission:
    if schema.dim is not None:
        is_full = config.covariance == "full"
        return GaussianEmission(config.n_states, schema.dim, is_full, config.variance_floor)
    if schema.n_symbols is None:
        raise DataError("a schema must say n_symbols or dim; this one says neither.")
    return CategoricalEmission(config.n_states, schema.n_symbols, config.pseudo_count)
