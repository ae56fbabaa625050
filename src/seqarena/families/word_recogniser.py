"""A recogniser for connected words: one hidden Markov model per word, joined in a loop."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch, Sequences
from seqarena.errors import DataError
from seqarena.families.family import Generation
from seqarena.families.guards import require_finite, require_fitted
from seqarena.families.mixture_growth import gaussian_mixtures, single_gaussians, split_heaviest
from seqarena.families.shares import dirichlet_log_prior, log_shares
from seqarena.families.staged_fit import even_stages, fit_in_stages
from seqarena.families.word_composition import compose
from seqarena.families.word_expectation import expect_words
from seqarena.families.word_map import word_map
from seqarena.families.word_prediction import next_word_log_prob
from seqarena.families.word_recogniser_config import WordRecogniserConfig
from seqarena.families.word_recognition import best_transcripts, transcript_log_prob
from seqarena.families.word_statistics import WordStatistics
from seqarena.families.word_transcripts import (
    count_bigrams,
    equal_parts_of,
    require_transcripts,
    smoothed_log_shares,
    transcripts_of,
    transcripts_of_all,
)
from seqarena.fitting.protocols import FitReport, FitSetting
from seqarena.inference.word_loop import WordLoop
from seqarena.schema import DataSchema

_FAMILY = "word recogniser"
# The chain of a transcript takes three numbers per step and position.
_STEPS_AT_ONCE = 2**15


class WordRecogniser(nn.Module):
    """p(x, words) = p(words) · sum over paths through the words' states of p(path) p(x | path)."""

    log_stay: Tensor
    log_leave: Tensor
    log_silence: Tensor
    log_bigram: Tensor
    fitted: Tensor
    n_passes: int | None = None

    def __init__(self, config: WordRecogniserConfig, dim: int, n_words: int) -> None:
        super().__init__()
        self.config, self.n_words = config, n_words
        n_states = n_words * config.n_states + config.silence_states
        self.emission = gaussian_mixtures(n_states, config.n_components, dim, config.variance_floor)
        even = torch.full((n_states,), 0.5, dtype=torch.float64).log()
        self.register_buffer("log_stay", even)
        self.register_buffer("log_leave", even.clone())
        self.register_buffer("log_silence", torch.zeros(2, dtype=torch.float64))
        self.register_buffer(
            "log_bigram", smoothed_log_shares(torch.zeros(n_words + 1, n_words + 1), 1.0)
        )
        self.register_buffer("fitted", torch.tensor(False))
        self._forget_silence()

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Start from equal parts, then iterate embedded EM; the mixtures double between stages.

        The losses of the report are of frames and words together: -log p(x, words).

        Raises:
            DataError: as `initialise`.
        """
        self.initialise(train, valid)
        sizes = [1]
        while sizes[-1] < self.config.n_components:
            sizes.append(min(2 * sizes[-1], self.config.n_components))
        growths = [partial(self.grow, size) for size in sizes]
        stages = even_stages(growths, setting.training.max_em_epochs)
        return fit_in_stages(self, stages, train, valid, setting, _STEPS_AT_ONCE)

    def initialise(self, train: Sequences, valid: Sequences) -> None:
        """Cut each utterance equally along its transcript, and count the word transitions.

        Every state has one Gaussian then, until `grow` is called.

        Raises:
            DataError: a frame is not finite; a transcript is missing, empty, too long for its
                utterance, or holds an unknown word; a word is in no training transcript.
        """
        config = self.config
        self.fitted.fill_(False)
        for split in (train, valid):
            require_finite(split)
        require_transcripts(train, valid, self.n_words, config.n_states)
        transcripts = transcripts_of_all(train, self.n_words)
        counts = count_bigrams(transcripts, self.n_words)
        self.log_bigram.copy_(smoothed_log_shares(counts, config.bigram_pseudo_count))
        composition = compose(self._loop(), transcripts)
        states = equal_parts_of(composition, train)
        self.emission = single_gaussians(self.emission, train, states)
        frames = torch.bincount(states, minlength=len(self.log_stay)).double()
        visits = torch.bincount(composition.state[composition.is_real], minlength=len(frames))
        # One extra stay and leave each keep both possible.
        stay, leave = (frames - visits).clamp(min=0.0) + 1.0, visits + 1.0
        self._set_durations(stay, leave)
        self._forget_silence()

    def grow(self, n: int) -> None:
        """Split the heaviest components of each state until it has `n`, at most twice as many."""
        self.emission = split_heaviest(self.emission, n)

    def expect(self, batch: Batch) -> WordStatistics:
        """Return the expected statistics of the paths along the transcripts.

        Young et al. (2006), section 8.8: the words' places are summed over, never decided.

        Raises:
            DataError: a frame is not finite, or a transcript holds an unknown word.
        """
        said = transcripts_of(batch, self.n_words)
        return expect_words(self._loop(), self.log_bigram, self.emission, batch, said)

    def maximise(self, statistics: WordStatistics) -> None:
        """Set the most probable durations, silence and mixtures; the bigram stays."""
        extra = self.config.pseudo_count
        self._set_durations(statistics.stay + extra, statistics.leave + extra)
        if self.config.silence_states:
            silence = (statistics.silence + extra)[None]
            self.log_silence.copy_(log_shares(silence, self.log_silence[None])[0])
        self.emission.maximise(statistics.sums)
        self.fitted.fill_(True)

    def log_prior(self) -> float:
        """Return the log-density of the parameters under the Dirichlet prior, up to a constant."""
        silence = self.log_silence if self.config.silence_states else self.log_silence[:0]
        free = torch.cat([self.log_stay, self.log_leave, silence])
        return dirichlet_log_prior(free, self.config.pseudo_count)

    def expect_flops(self, batch: Batch) -> float:
        """Densities and sums of every state, and thirty operations for each position of a chain."""
        n_words = 0 if batch.target is None else batch.target.mask.shape[1]
        unit = self.config.n_states + self.config.silence_states
        per_step = self.emission.flops_per_step() + 30.0 * n_words * unit
        return per_step * float(batch.lengths.sum())

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(words | x) of the transcripts: log p(x, words) - log p(x) [nats].

        p(x) is the sum over all word sequences, by the loop's forward pass; language_scale and
        insertion_penalty hold in both. So the probabilities of all word sequences sum to 1. Minus
        infinity where the transcript, or any word at all, does not fit into the utterance.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: as `expect`.
        """
        require_fitted(self.fitted, _FAMILY)
        said = transcripts_of(batch, self.n_words)
        return transcript_log_prob(self._loop(), self.emission, batch, said)

    def predictive_log_prob(self, batch: Batch) -> Float[Tensor, "batch target_time words_plus_1"]:
        """Return log p of every word, and of the end, at each target step, given those before.

        Summed over all that may follow; they add up to `log_prob`, whose errors it has.
        """
        require_fitted(self.fitted, _FAMILY)
        said = transcripts_of(batch, self.n_words)
        return next_word_log_prob(self._loop(), self.emission, batch, said)

    def generate(self, batch: Batch, max_length: int) -> Generation:
        """Return the words along the best path through the loop, then the end symbol.

        Words beyond `max_length` are cut off, and the end with them. An utterance that is too short
        for any word gets the end symbol alone.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: a frame is not finite.
        """
        require_fitted(self.fitted, _FAMILY)
        return best_transcripts(self._loop(), self.emission, batch, max_length)

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return which frames each word of the transcript took: row = target step, column = frame.

        A row is the posterior of being in that word at each frame, over its sum: shares of the
        word's frames. The row of the end symbol is the silence after the last word. A step that
        took no frame (an end without silence, a transcript that does not fit) has no row.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: as `expect`.
        """
        require_fitted(self.fitted, _FAMILY)
        return [word_map(self._loop(), self.emission, batch, transcripts_of(batch, self.n_words))]

    def n_free_parameters(self) -> int:
        """Return durations, the silence's share, word transitions and the mixtures' numbers."""
        transitions = self.n_words * self.n_words + self.n_words - 1
        silence = 1 if self.config.silence_states else 0
        return len(self.log_stay) + silence + transitions + self.emission.n_free_parameters()

    def _loop(self) -> WordLoop:
        """Return the composition as it is searched: with the bigram scaled, and the penalty."""
        n, config = self.n_words * self.config.n_states, self.config
        bigram = self.log_bigram * config.language_scale
        bigram = bigram.masked_fill(self.log_bigram.isneginf(), -torch.inf)
        bigram[:, :-1] -= config.insertion_penalty
        return WordLoop(
            log_stay=self.log_stay[:n].view(self.n_words, -1),
            log_leave=self.log_leave[:n].view(self.n_words, -1),
            log_stay_silent=self.log_stay[n:],
            log_leave_silent=self.log_leave[n:],
            log_silence=self.log_silence[0],
            log_no_silence=self.log_silence[1],
            log_bigram=bigram,
        )

    def _forget_silence(self) -> None:
        # Without states of silence nobody enters it, and everybody passes it by.
        share = 0.5 if self.config.silence_states else 0.0
        self.log_silence.copy_(self.log_silence.new_tensor([share, 1.0 - share]).log())

    def _set_durations(self, stay: Tensor, leave: Tensor) -> None:
        shares = log_shares(
            torch.stack([stay, leave], dim=1), torch.stack([self.log_stay, self.log_leave], dim=1)
        )
        self.log_stay.copy_(shares[:, 0])
        self.log_leave.copy_(shares[:, 1])


def build_word_recogniser(config: WordRecogniserConfig, schema: DataSchema) -> WordRecogniser:
    """Return an unfitted recogniser.

    Raises:
        DataError: the family cannot do the schema's task, or its end symbol is not the last.
    """
    reason = config.cannot(schema.task_kind, "tokens" if schema.dim is None else "frames")
    if reason is not None:
        raise DataError(f"{config.kind} cannot do this task: {reason}.")
    if schema.dim is None or schema.n_target_symbols is None:
        raise DataError("a transduction of frames must say dim and n_target_symbols.")
    n_words = schema.n_target_symbols - 1
    if schema.target_end != n_words:
        raise DataError(
            f"schema.target_end: {schema.target_end}; a word recogniser expects the end symbol to "
            f"be the last of {schema.n_target_symbols} target symbols, {n_words}."
        )
    return WordRecogniser(config, schema.dim, n_words)
