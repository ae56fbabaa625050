"""Hidden Markov models of symbols and of frames, fitted by Baum and Welch's algorithm."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal, assert_never

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch, Sequences
from seqarena.errors import DataError
from seqarena.families.emission_start import start_emission
from seqarena.families.emissions import (
    BernoulliEmission,
    CategoricalEmission,
    Emission,
    FrameEmission,
    GaussianEmission,
    MixtureEmission,
    PoissonEmission,
)
from seqarena.families.engine_fit import fit_with_engine
from seqarena.families.frame_clusters import along_main_axis, cluster_frames
from seqarena.families.guards import require_explained, require_fitted
from seqarena.families.hidden_markov_parameters import set_parameters
from seqarena.families.hidden_markov_prediction import NextStep, next_step
from seqarena.families.hidden_markov_sampling import HiddenMarkovSample, draw_sequences
from seqarena.families.hidden_markov_selection import akaike, bayesian, log_likelihood
from seqarena.families.hidden_markov_start import (
    count_path,
    equal_parts,
    random_log_shares,
    random_parts,
)
from seqarena.families.hidden_markov_statistics import HiddenMarkovStatistics
from seqarena.families.hidden_markov_supervised import count_paths, fit_paths
from seqarena.families.hidden_markov_topology import Topology, allowed_moves, topology_mistakes
from seqarena.families.restarts import Restarts
from seqarena.families.shares import dirichlet_log_prior, log_shares
from seqarena.families.statistics_fit import fit_in_large_batches, require_own_engine
from seqarena.fitting.protocols import FitReport, FitSetting, StepwiseConfig
from seqarena.inference.forward_backward import forward, forward_backward
from seqarena.inference.gaussian import Shape
from seqarena.inference.packing import Packing
from seqarena.inference.viterbi import viterbi
from seqarena.schema import DataSchema, TaskKind
from seqarena.seeds import derive_seed, numpy_generator, torch_generator


class HiddenMarkovConfig(BaseModel):
    """A hidden Markov model: which states there are, what they emit, who fits it."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["hidden_markov"]
    """Names this family."""
    n_states: int = Field(default=8, ge=1)
    """Hidden states; in a classifier, of each class."""
    emission: Literal["auto", "categorical", "gaussian", "bernoulli", "poisson"] = "auto"
    """What a state emits. "auto": symbols where the input is tokens; where it is frames, Bernoulli
    if the task says that they are binary, Poisson if counts, and else Gaussian."""
    n_components: int = Field(default=1, ge=1)
    """Parts of the mixture that each state emits frames from; 1 is no mixture."""
    covariance: Shape = "diagonal"
    """Shape of each Gaussian: "spherical" (one variance), "diagonal" (one for each dimension),
    "tied" (one matrix that all share) or "full" (a matrix each)."""
    topology: Topology = "ergodic"
    """"ergodic": every state follows every state. "left_to_right": a path starts in the first
    state, and stays or moves on by at most `band_width`. "banded": it starts anywhere, and stays or
    moves by at most `band_width` either way. All other transitions are exactly zero."""
    band_width: int = Field(default=1, ge=1)
    """Longest move of a path that is left-to-right or banded [states]."""
    forbidden_moves: tuple[Annotated[tuple[int, int], Field(strict=False)], ...] = Field(
        default=(), strict=False
    )
    """Pairs [from, to] of states that are taken away from the topology; exactly zero for ever."""
    pseudo_count: float = Field(default=0.01, ge=0)
    """Added to every expected start, transition, symbol, mixture and 0-or-1 count (a Dirichlet or
    Beta prior of 1 + this), and that many average frames to each Poisson; 0 is maximum likelihood,
    which may call a new sequence impossible."""
    variance_floor: float = Field(default=0.01, gt=0, lt=1)
    """Smallest variance, as a share of each dimension's variance over all training frames."""
    precision: Literal["float32", "float64"] = "float64"
    """Arithmetic of the recursions in fitting an ergodic model; sums are always in 64 bits.
    "float32" is two to three times faster, and rounds the parameters at about 1e-7."""
    n_restarts: int = Field(default=1, ge=1)
    """Starts that are fitted side by side; the one with the highest objective is kept."""
    engine: Literal["seqarena", "hmmlearn"] = "seqarena"
    """Who runs the EM iterations; start, objective and stored parameters are the same."""
    stepwise: StepwiseConfig | None = None
    """Stepwise (online) EM: parameters are set after every mini-batch. None: batch EM."""

    @model_validator(mode="after")
    def _stepwise_is_ours(self) -> "HiddenMarkovConfig":
        require_own_engine(self.stepwise, self.engine)
        return self

    @model_validator(mode="after")
    def _is_possible(self) -> "HiddenMarkovConfig":
        mistakes = topology_mistakes(
            self.n_states, self.topology, self.band_width, self.forbidden_moves
        )
        obstacle = self.engine_obstacle(self.emission)
        if obstacle is not None:
            mistakes.append(f"engine: hmmlearn cannot do this: {obstacle}.")
        if mistakes:
            raise ValueError(" ".join(mistakes))
        return self

    @property
    def mechanism(self) -> str:
        """Attention mechanism: "none"."""
        return "none"

    def engine_obstacle(self, emission: str) -> str | None:
        """Say why hmmlearn cannot fit states that emit so, or return None."""
        if self.engine != "hmmlearn":
            return None
        if emission == "bernoulli":
            return "it has no Bernoulli emission; set engine: seqarena"
        if emission == "poisson" and self.n_components > 1:
            return "it has mixtures of Gaussians only; set n_components: 1, or engine: seqarena"
        if emission == "poisson" and self.pseudo_count > 0:
            return (
                "its Poisson M-step weighs the prior by the frames of all states together; "
                "set pseudo_count: 0, or engine: seqarena"
            )
        if self.covariance == "tied" and self.n_components > 1:
            return (
                "its mixtures tie the covariances of each state, and ours those of all states; "
                "set another covariance, or engine: seqarena"
            )
        if self.n_restarts > 1:
            return "it fits one start at a time; set n_restarts: 1, or engine: seqarena"
        return None

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Say why this configuration cannot do such a task, or return None."""
        if task_kind == "alignment":
            return "its states are no words of another sequence; family aligner has model: hmm"
        if task_kind == "transduction":
            return "a hidden Markov model gives probabilities of sequences; it writes none"
        if self.emission == "categorical" and input_kind == "frames":
            return "emission: categorical needs tokens, and the input is frames; set emission: auto"
        if self.emission not in ("auto", "categorical") and input_kind == "tokens":
            return (
                f"emission: {self.emission} needs frames, and the input is tokens; "
                "set emission: auto"
            )
        if self.n_components > 1 and input_kind == "tokens":
            return "n_components: a mixture of symbols is again one distribution; set it to 1"
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
        self.schema = schema
        can_start, can_move = allowed_moves(
            config.n_states, config.topology, config.band_width, config.forbidden_moves
        )
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
        seed = derive_seed(setting.seed, "start")
        if self.config.n_restarts > 1:
            starts = self.starts(train, train, seed)
            report = fit_in_large_batches(starts, train, valid, setting, self.config.stepwise)
            self.load_state_dict(starts.winner.state_dict())
            return replace(report, notes=(*report.notes, starts.note(train.n_steps)))
        self.initialise(train, train, seed)
        if self.config.engine == "hmmlearn":
            return fit_with_engine(self, [(self, train)], train, valid, setting)
        return fit_in_large_batches(self, train, valid, setting, self.config.stepwise)

    def starts(self, train: Sequences, reference: Sequences, seed: int) -> Restarts:
        """Return all starts of this model, side by side; arguments as `initialise`."""
        n = self.config.n_restarts
        starts = Restarts([HiddenMarkovModel(self.config, self.schema) for _ in range(n)])
        starts.initialise(train, reference, seed)
        return starts

    def initialise(
        self, train: Sequences, reference: Sequences, seed: int, restart: int = 0
    ) -> None:
        """Set starting parameters: a function of the data, the seed and the restart.

        Left-to-right: each sequence is cut into equal parts, one for each state. Otherwise over
        frames: k-means clusters are the states, in a banded model ordered along their main axis.
        Otherwise over symbols: random, around the symbols' frequencies. A restart is cut at random
        places, or takes the frames that k-means++ draws for centres.

        Args:
            train: what this model will be fitted to.
            reference: all training frames, of every class: they set the variance floor.
            seed: decides clusters and random numbers.
            restart: number of this start among several; 0 is the first.
        """
        self.fitted.fill_(False)
        self.emission.reference(reference)
        values, n_states = torch.from_numpy(train.values), len(self.log_start)
        draw = seed if restart == 0 else derive_seed(seed, "restart", restart)
        if self.config.topology == "left_to_right" and restart == 0:
            states = equal_parts(train, n_states)
        elif self.config.topology == "left_to_right":
            states = random_parts(train, n_states, numpy_generator(draw, "cuts"))
        elif isinstance(self.emission, CategoricalEmission):
            self._start_at_random(self.emission, values, torch_generator(draw, "symbols"))
            return
        else:
            states = cluster_frames(train.values, n_states, draw, "n_states", is_rough=restart > 0)
            if self.config.topology == "banded":
                states = along_main_axis(states, train.values, n_states)
        self._start_from(states, values, train.offsets, draw)

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
        if self.schema.dim is not None:
            values = nothing.new_zeros(0, self.schema.dim)
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

    def decode_posterior(self, batch: Batch) -> Int[Tensor, "batch time"]:
        """Return the most probable state of each step, whatever its neighbours are; 0 on padding.

        As many states as can be are right on average, but the path as a whole may be impossible.
        Ties go to the lower state.
        """
        return self.state_probs(batch).argmax(dim=2)

    def predict_next(self, batch: Batch) -> NextStep:
        """Return what follows each sequence of a batch.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: as `expect`.
        """
        last = (batch.lengths - 1)[:, None, None]
        known = self.state_probs(batch)
        known = known.gather(1, last.expand(-1, 1, known.shape[2]))[:, 0]
        return next_step(self.emission, known @ self.log_transition.exp())

    def sample(self, lengths: Sequence[int], generator: torch.Generator) -> HiddenMarkovSample:
        """Draw one sequence, and its hidden path, of each length.

        Raises:
            NotFittedError: nothing was learned yet.
        """
        require_fitted(self.fitted, "hidden Markov model")
        return draw_sequences(self, lengths, generator)

    def set_parameters(self, start: Tensor, transition: Tensor, **emission: Tensor) -> None:
        """Take parameters that are known, instead of learning them.

        Args:
            start: probability of each first state.
            transition: probability of each move, from the row to the column.
            emission: `emission` of symbols; `mean`, `covariance`; `on_prob`; or `rate`; and
                `weight` of mixtures, whose components stand state after state.

        Raises:
            DataError: names what does not sum to 1, is out of its range, or is forbidden.
        """
        set_parameters(self, start, transition, emission)

    def count_paths(
        self, sequences: Sequences, states: Int[np.ndarray, "steps"]
    ) -> HiddenMarkovStatistics:
        """Return the statistics of known paths, which add: see `hidden_markov_supervised`."""
        return count_paths(self, sequences, states)

    def fit_supervised(self, sequences: Sequences, states: Int[np.ndarray, "steps"]) -> None:
        """Set the most probable parameters given known paths: see `hidden_markov_supervised`."""
        fit_paths(self, sequences, states)

    def aic(self, sequences: Sequences) -> float:
        """Return Akaike's information criterion on the training data; lower is better."""
        return akaike(log_likelihood(self, sequences), self.n_free_parameters())

    def bic(self, sequences: Sequences) -> float:
        """Return Schwarz's criterion on the training data, a scored step as one observation."""
        n_observations = int(sequences.n_scored.sum())
        total = log_likelihood(self, sequences)
        return bayesian(total, self.n_free_parameters(), n_observations)

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

    def _start_from(self, states: Tensor, values: Tensor, offsets: np.ndarray, seed: int) -> None:
        """Count as if the path were known; one extra count keeps all that is allowed alive."""
        starts, moves = count_path(states, offsets, len(self.log_start))
        starts, moves = (starts + 1.0) * self.can_start, (moves + 1.0) * self.can_move
        self.log_start.copy_(log_shares(starts[None], self.log_start[None])[0])
        self.log_transition.copy_(log_shares(moves, self.log_transition))
        start_emission(self.emission, values, states, len(self.log_start), seed)

    def _start_at_random(
        self, emission: CategoricalEmission, symbols: Tensor, generator: torch.Generator
    ) -> None:
        shape = emission.log_emission.shape
        frequency = torch.bincount(symbols, minlength=shape[1]).double() + 1.0
        emission.log_emission.copy_(random_log_shares(frequency.expand(shape), generator))
        self.log_start.copy_(random_log_shares(self.can_start.double(), generator))
        self.log_transition.copy_(random_log_shares(self.can_move.double(), generator))


def build_hidden_markov(config: HiddenMarkovConfig, schema: DataSchema) -> HiddenMarkovModel:
    """Return an unfitted model of one class's, or of all, sequences."""
    return HiddenMarkovModel(config, schema)


def _emission(config: HiddenMarkovConfig, schema: DataSchema) -> Emission:
    kind = emission_kind(config, schema)
    obstacle = config.engine_obstacle(kind)
    if obstacle is not None:
        raise DataError(f"engine: hmmlearn cannot fit this task's frames: {obstacle}.")
    if kind == "categorical":
        if schema.n_symbols is None:
            raise DataError("a schema must say n_symbols or dim; this one says neither.")
        return CategoricalEmission(config.n_states, schema.n_symbols, config.pseudo_count)
    if schema.dim is None:
        raise DataError(f"emission: {kind} needs frames; this schema says no dim.")
    if config.n_components == 1:
        return _frame_emission(config, kind, config.n_states, schema.dim)
    parts = _frame_emission(config, kind, config.n_states * config.n_components, schema.dim)
    return MixtureEmission(parts, config.n_states, config.n_components, config.pseudo_count)


def emission_kind(
    config: HiddenMarkovConfig, schema: DataSchema
) -> Literal["categorical", "gaussian", "bernoulli", "poisson"]:
    """Return what the states emit, "auto" resolved by what the task says of its data."""
    if config.emission != "auto":
        return config.emission
    if schema.dim is None:
        return "categorical"
    match schema.frame_kind:
        case "real":
            return "gaussian"
        case "binary":
            return "bernoulli"
        case "count":
            return "poisson"
        case _:
            assert_never(schema.frame_kind)


def _frame_emission(
    config: HiddenMarkovConfig,
    kind: Literal["gaussian", "bernoulli", "poisson"],
    n: int,
    dim: int,
) -> FrameEmission:
    match kind:
        case "gaussian":
            return GaussianEmission(n, dim, config.covariance, config.variance_floor)
        case "bernoulli":
            return BernoulliEmission(n, dim, config.pseudo_count)
        case "poisson":
            return PoissonEmission(n, dim, config.pseudo_count)
        case _:
            assert_never(kind)
