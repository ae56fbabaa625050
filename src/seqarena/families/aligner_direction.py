"""One direction of an aligner: p(target words | source words), summed over all links."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seqarena.families.aligner_config import AlignerConfig, AlignerModel
from seqarena.families.aligner_statistics import DirectionStatistics
from seqarena.inference.alignment_hmm import chained_links
from seqarena.inference.alignment_jumps import (
    flat_jumps,
    jump_log_prior,
    maximised_jumps,
)
from seqarena.inference.alignment_pairs import Side, WordPairs, word_pairs
from seqarena.inference.alignment_posterior import LinkPosterior, independent_links
from seqarena.inference.alignment_prediction import (
    chained_expectation,
    independent_expectation,
)
from seqarena.inference.alignment_table import Meetings, TranslationTable

Ragged = tuple[Int[Tensor, "pairs_plus_1"], Int[Tensor, "_"]]


class AlignerDirection(nn.Module):
    """A translation table, and weights of jumps; which links they allow, the model says.

    Args:
        config: of the aligner.
        n_source: size of the source alphabet.
        n_target: size of the target alphabet, as its symbols are numbered.
        n_words: how many of those can be a word of a target (the end symbol cannot).
        max_source: source words of the longest sentence.
    """

    codes: Tensor
    probs: Tensor
    unmet: Tensor
    jumps: Tensor

    def __init__(
        self, config: AlignerConfig, n_source: int, n_target: int, n_words: int, max_source: int
    ) -> None:
        super().__init__()
        self.config = config
        self.n_source, self.n_target, self.n_words = n_source, n_target, n_words
        self.max_source = max_source
        self.model: AlignerModel = config.model
        self._meetings: Meetings | None = None
        codes = torch.zeros(0, dtype=torch.long)
        table = TranslationTable.uniform(codes, n_source + 1, n_target, n_words)
        self.register_buffer("codes", table.codes)
        self.register_buffer("probs", table.probs)
        self.register_buffer("unmet", table.unmet)
        self.register_buffer("jumps", flat_jumps(config.max_jump))

    @property
    def table(self) -> TranslationTable:
        """t(target word | source word)."""
        return TranslationTable(self.codes, self.probs, self.unmet, self.n_target, self.n_words)

    def initialise(self, source: Ragged, target: Ragged) -> None:
        """Find the words that meet, and start from uniform tables."""
        self._meetings = Meetings.of(source, target, self.n_source, self.n_target)
        self._set(
            TranslationTable.uniform(
                self._meetings.codes, self.n_source + 1, self.n_target, self.n_words
            )
        )
        self.begin("ibm_1")

    def begin(self, model: AlignerModel) -> None:
        """Go on as another model: the translation table stays, jumps start without preference."""
        self.model = model
        self.jumps = flat_jumps(self.config.max_jump).to(self.jumps.device)

    def expect(
        self, source: Side, target: Side, training_rows: Int[Tensor, "batch"] | None
    ) -> DirectionStatistics:
        """Return the expected links of a batch.

        Args:
            source: words that may be translated.
            target: words that come from them.
            training_rows: where each pair stands in the training split; None for other pairs, of
                which links between words that never met there are not counted.
        """
        total = self.no_statistics()
        # One place more than there are, for words that never met.
        links = torch.cat([total.links, total.links.new_zeros(1)])
        log_likelihood, moves, leaves = total.log_likelihood, total.moves, total.leaves
        for pairs in word_pairs(source, target, self.n_source):
            places = self._places(pairs, training_rows)
            posterior = self._links(pairs, self._emission(pairs, places))
            log_likelihood = log_likelihood + posterior.step_log_prob.sum()
            links.index_add_(0, places.flatten(), posterior.link_probs.flatten())
            n_rows, length = posterior.moves.shape
            moves[:n_rows, :length] += posterior.moves
            leaves[:n_rows, :length] += posterior.leaves
        return DirectionStatistics(log_likelihood, links[:-1], moves, leaves)

    def no_statistics(self) -> DirectionStatistics:
        """Return the statistics of no sentence pair."""
        moves = self.probs.new_zeros(self.max_source + 1, self.max_source)
        return DirectionStatistics(
            self.probs.new_zeros(()), torch.zeros_like(self.probs), moves, moves.clone()
        )

    def maximise(self, statistics: DirectionStatistics) -> None:
        """Set the most probable table and, beyond IBM model 1, jumps that are more probable."""
        extra = self.config.pseudo_count
        self._set(self.table.maximised(statistics.links, extra))
        if self.model != "ibm_1":
            self.jumps = maximised_jumps(
                self.jumps, statistics.moves, statistics.leaves, self.config.max_jump, extra
            )

    def log_prior(self) -> float:
        """Return the log-density of what is learned under its prior, up to a constant [nats]."""
        extra = self.config.pseudo_count
        return self.table.log_prior(extra) + jump_log_prior(self.jumps, extra)

    def posteriors(self, source: Side, target: Side) -> Iterator[tuple[WordPairs, LinkPosterior]]:
        """Return the posterior links of each piece of a batch."""
        for pairs in word_pairs(source, target, self.n_source):
            places = self._places(pairs, None)
            yield pairs, self._links(pairs, self._emission(pairs, places))

    def expected_words(
        self, source: Side, target: Side
    ) -> Iterator[tuple[WordPairs, Float[Tensor, "steps n_target"]]]:
        """Return, for each piece of a batch, p(f_j = word | the source, f_1, ..., f_{j-1}).

        O(target words · source words · size of the target alphabet) time.
        """
        expect = chained_expectation if self.model == "hmm" else independent_expectation
        words = torch.arange(self.n_target, device=source.words.device)
        for pairs in word_pairs(source, target, self.n_source):
            emission = self._emission(pairs, self._places(pairs, None))
            knobs = self.jumps, self.config.max_jump, self.config.p_null
            links = pairs.packing.by_time(expect(pairs, emission, *knobs))
            translated = self.table.look_up(pairs.source[..., None] * self.n_target + words)
            expected = [torch.bmm(each[:, None], translated[: len(each)])[:, 0] for each in links]
            yield pairs, torch.cat(expected)

    def n_free_parameters(self) -> int:
        """Return words that met, less one for each source word, and what the model's jumps add."""
        n_rows = len(torch.unique(self.codes // self.n_target))
        n_jumps = {"ibm_1": 0, "ibm_2": 2 * self.config.max_jump, "hmm": len(self.jumps) - 2}
        return len(self.codes) - n_rows + n_jumps[self.model]

    def _links(self, pairs: WordPairs, emission: Float[Tensor, "steps columns"]) -> LinkPosterior:
        align: Callable[..., LinkPosterior] = (
            chained_links if self.model == "hmm" else independent_links
        )
        return align(pairs, emission, self.jumps, self.config.max_jump, self.config.p_null)

    def _places(
        self, pairs: WordPairs, training_rows: Tensor | None
    ) -> Int[Tensor, "steps columns"]:
        if training_rows is None or self._meetings is None:
            return self.table.places(pairs.codes(self.n_target))
        self._meetings = self._meetings.on(self.codes.device)
        # Beyond the end of a source the places are anything: link and emission are zero there.
        return self._meetings.places_of(
            training_rows[pairs.packing.sequence],
            pairs.packing.time,
            pairs.n_source[pairs.rank] + 1,
            pairs.source.shape[1],
        )

    def _emission(
        self, pairs: WordPairs, places: Int[Tensor, "steps columns"]
    ) -> Float[Tensor, "steps columns"]:
        known = torch.cat([self.probs, self.probs.new_zeros(1)])[places]
        unmet = self.unmet[pairs.source][pairs.rank]
        return known.where(places < len(self.codes), unmet).where(pairs.is_real, 0.0)

    def _set(self, table: TranslationTable) -> None:
        self.codes, self.probs, self.unmet = table.codes, table.probs, table.unmet

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        # How many words met is known only to the stored tensors: take their size first.
        for name in ("codes", "probs"):
            stored = state_dict.get(f"{prefix}{name}")
            if stored is not None:
                setattr(self, name, torch.empty_like(stored, device=self.codes.device))
        super()._load_from_state_dict(state_dict, prefix, *rest)
