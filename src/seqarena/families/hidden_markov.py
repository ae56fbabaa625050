"""Hidden Markov models of symbols and of frames, fitted by Baum and Welch's algorithm."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch, Sequences
from seqarena.families import hidden_markov_posterior
from seqarena.families.emission_choice import build_emission
from seqarena.families.emissions import Emission
from seqarena.families.engine_fit import fit_with_engine
from seqarena.families.guards import require_fitted
from seqarena.families.hidden_markov_config import HiddenMarkovConfig
from seqarena.families.hidden_markov_expectation import expect_one
from seqarena.families.hidden_markov_maximisation import log_prior, maximise, no_statistics
from seqarena.families.hidden_markov_parameters import set_parameters
from seqarena.families.hidden_markov_prediction import NextStep
from seqarena.families.hidden_markov_sampling import HiddenMarkovSample, draw_sequences
from seqarena.families.hidden_markov_selection import criteria, n_free_parameters
from seqarena.families.hidden_markov_start import start
from seqarena.families.hidden_markov_statistics import HiddenMarkovStatistics
from seqarena.families.hidden_markov_supervised import count_paths, fit_paths
from seqarena.families.hidden_markov_topology import allowed_moves
from seqarena.families.restarts import Restarts
from seqarena.families.statistics_fit import fit_in_large_batches
from seqarena.fitting.protocols import FitReport, FitSetting
from seqarena.schema import DataSchema
from seqarena.seeds import derive_seed

__all__ = ["HiddenMarkovConfig", "HiddenMarkovModel"]


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
        self.emission: Emission = build_emission(config, schema)
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

    @property
    def dtype(self) -> torch.dtype:
        """Arithmetic of the recursions in fitting."""
        return torch.float32 if self.config.precision == "float32" else torch.float64

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Start from the data, or go on from what is there; then iterate EM to convergence."""
        # EM climbs the probability of whole sequences: of the training split, all steps count.
        train = replace(train, scored_from=None)
        seed = derive_seed(setting.seed, "start")
        if self.config.n_restarts > 1:
            starts = self.starts(train, train, seed)
            report = fit_in_large_batches(starts, train, valid, setting, self.config.stepwise)
            self.load_state_dict(starts.winner.state_dict())
            return replace(report, notes=(*report.notes, starts.note(train)))
        if not setting.goes_on:
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
        start(self, train, seed, restart)

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
        return expect_one(self, batch)

    def no_statistics(self) -> HiddenMarkovStatistics:
        """Return the statistics of no sequence."""
        return no_statistics(self)

    def maximise(self, statistics: HiddenMarkovStatistics) -> None:
        """Set the most probable parameters; a state that was never left keeps its old row."""
        maximise(self, statistics)

    def log_prior(self) -> float:
        """Return the log-density of the parameters under the Dirichlet prior, up to a constant."""
        return log_prior(self)

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
        return hidden_markov_posterior.step_log_prob(self, batch)

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return the sum of `step_log_prob` over the scored steps [nats]."""
        return self.step_log_prob(batch).where(batch.scored, 0.0).sum(dim=1)

    def state_probs(self, batch: Batch) -> Float[Tensor, "batch time n_states"]:
        """Return p(state_t | the whole sequence): Rabiner's gamma; 0 on padding.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: as `expect`.
        """
        return hidden_markov_posterior.state_probs(self, batch)

    def decode(self, batch: Batch) -> Int[Tensor, "batch time"]:
        """Return the most probable hidden path of each sequence (Viterbi); 0 on padding."""
        return hidden_markov_posterior.best_paths(self, batch)

    def decode_posterior(self, batch: Batch) -> Int[Tensor, "batch time"]:
        """Return the most probable state of each step by itself; ties go to the lower one.

        As many as can be are right on average, but the path as a whole may be impossible.
        """
        return self.state_probs(batch).argmax(dim=2)

    def predict_next(self, batch: Batch) -> NextStep:
        """Return what follows each sequence of a batch.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: as `expect`.
        """
        return hidden_markov_posterior.predict_next(self, batch)

    def next_log_prob(self, batch: Batch) -> Float[Tensor, "batch symbols"]:
        """Return log p(x_{T+1} | the sequence) of every symbol [nats]; errors: `predict_next`."""
        return hidden_markov_posterior.next_log_prob(self, batch)

    def predictive_log_prob(self, batch: Batch) -> Float[Tensor, "batch time symbols"]:
        """Return log p(symbol | x_1, ..., x_{t-1}) of every symbol, in 64 bits [nats].

        Minus infinity throughout behind a beginning that no path explains; errors: `predict_next`.
        """
        return hidden_markov_posterior.predictive_log_prob(self, batch)

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
        """Return the statistics of known paths, which add."""
        return count_paths(self, sequences, states)

    def fit_supervised(self, sequences: Sequences, states: Int[np.ndarray, "steps"]) -> None:
        """Set the most probable parameters given known paths: see `hidden_markov_supervised`."""
        fit_paths(self, sequences, states)

    def aic(self, sequences: Sequences) -> float:
        """Return Akaike's information criterion on the training data; lower is better."""
        return criteria(self, sequences)[0]

    def bic(self, sequences: Sequences) -> float:
        """Return Schwarz's criterion on the training data, a scored step as one observation."""
        return criteria(self, sequences)[1]

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the posteriors of the states: row = time, column = state."""
        return [hidden_markov_posterior.posterior_map(self, batch)]

    def n_free_parameters(self) -> int:
        """Return allowed starts and transitions less one per distribution, plus the emissions'."""
        return n_free_parameters(self)
