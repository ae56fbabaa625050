"""Statistical word alignment: IBM models 1 and 2, and the hidden Markov model of links."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch, Sequences
from seqarena.errors import ConfigError
from seqarena.families.aligner_config import AlignerConfig, AlignerModel
from seqarena.families.aligner_direction import AlignerDirection
from seqarena.families.aligner_pairs import (
    alphabets_of,
    are_rows_of,
    ragged_words,
    require_short,
    sides_of,
    target_batch_of,
    targets_of,
)
from seqarena.families.aligner_statistics import AlignerStatistics
from seqarena.families.guards import require_alphabet, require_fitted
from seqarena.families.staged_fit import Stage, fit_in_stages
from seqarena.fitting.protocols import FitReport, FitSetting
from seqarena.inference.alignment_pairs import Side
from seqarena.inference.alignment_symmetry import symmetrised
from seqarena.schema import DataSchema

_NAME = "aligner"
_NOTE = "losses are -log p of the target words of all directions, per source word"


class Aligner(nn.Module):
    """p(target | source) = sum over all links of p(links | lengths) p(target | links, source).

    With a symmetrisation it holds a second model, of the source given the target.
    """

    fitted: Tensor
    n_passes: int | None = None

    def __init__(self, config: AlignerConfig, schema: DataSchema) -> None:
        super().__init__()
        self.config = config
        self.n_symbols, self.n_target_symbols, self.end = alphabets_of(schema)
        self.longest = (schema.max_length, schema.max_target_length)
        n_words = self.n_target_symbols - 1
        directions = [
            AlignerDirection(
                config, self.n_symbols, self.n_target_symbols, n_words, self.longest[0]
            )
        ]
        if config.symmetrisation != "none":
            directions.append(
                AlignerDirection(
                    config, self.n_target_symbols, self.n_symbols, self.n_symbols, self.longest[1]
                )
            )
        self.directions = nn.ModuleList(directions)
        self._train: Sequences | None = None
        self.register_buffer("fitted", torch.tensor(False))

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Iterate EM, first as IBM model 1 and then as the model of the settings."""
        self.initialise(train)
        plan = self.config.plan(setting.training.max_em_epochs)
        stages = [Stage(partial(self.begin, model), n_epochs) for model, n_epochs in plan]
        report = fit_in_stages(self, stages, train, valid, setting)
        return replace(report, notes=(*report.notes, _NOTE))

    def initialise(self, train: Sequences) -> None:
        """Find the words that meet in the training split, and start from uniform tables.

        Raises:
            DataError: the split has no targets, or a symbol is outside its alphabet.
        """
        target = targets_of(train)
        require_alphabet(train, self.n_symbols)
        require_alphabet(target, self.n_target_symbols)
        sides = (ragged_words(train, None), ragged_words(target, self.end))
        for direction, (source, other) in zip(self._parts(), _both_ways(*sides), strict=False):
            direction.initialise(source, other)
        self._train = train
        self.fitted.fill_(False)

    def begin(self, model: AlignerModel) -> None:
        """Go on as another model, with the translation table learned so far."""
        for direction in self._parts():
            direction.begin(model)

    def expect(self, batch: Batch) -> AlignerStatistics:
        """Return the expected links of whole sentence pairs, of every direction.

        Raises:
            DataError: a symbol outside its alphabet, no target, or a sentence that is too long.
        """
        require_short(batch, self.longest)
        sides = self._sides(batch)
        # Of rows of the training split it is known which words meet.
        is_training = self._train is not None and are_rows_of(batch, self._train)
        rows = batch.rows if is_training else None
        pairs = zip(self._parts(), _both_ways(*sides), strict=False)
        return AlignerStatistics(
            tuple(direction.expect(source, target, rows) for direction, (source, target) in pairs)
        )

    def no_statistics(self) -> AlignerStatistics:
        """Return the statistics of no sentence pair."""
        return AlignerStatistics(tuple(each.no_statistics() for each in self._parts()))

    def maximise(self, statistics: AlignerStatistics) -> None:
        """Set the parameters of every direction."""
        for direction, part in zip(self._parts(), statistics.directions, strict=True):
            direction.maximise(part)
        self.fitted.fill_(True)

    def log_prior(self) -> float:
        """Return the log-density of the parameters under their prior, up to a constant [nats]."""
        return sum(direction.log_prior() for direction in self._parts())

    def expect_flops(self, batch: Batch) -> float:
        """Six operations for each two words; in the HMM six more for each move between links."""
        cells = batch.lengths.double() * target_batch_of(batch).lengths
        if self.config.model == "hmm":
            cells = cells * (1.0 + batch.lengths)
        return 6.0 * len(self.directions) * float(cells.sum())

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(target words | source, number of target words), end symbol left out [nats].

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: as `expect`.
        """
        require_fitted(self.fitted, _NAME)
        log_prob = torch.zeros(len(batch), dtype=torch.float64, device=batch.lengths.device)
        for pairs, posterior in self._parts()[0].posteriors(*self._sides(batch)):
            log_prob.index_add_(0, pairs.packing.sequence, posterior.step_log_prob)
        return log_prob

    def predictive_log_prob(self, batch: Batch) -> Float[Tensor, "batch target_time symbols"]:
        """Return log p of every word at each target step, given the source and the words before.

        How many words there are is given, so the end symbol is sure at its step, and impossible
        before [nats]. Errors are those of `log_prob`.
        """
        require_fitted(self.fitted, _NAME)
        source, target = self._sides(batch)
        probs = torch.zeros(*target.words.shape, self.n_target_symbols, dtype=torch.float64)
        probs = probs.to(target.words.device)
        probs[..., self.end] = 1.0
        for pairs, words in self._parts()[0].expected_words(source, target):
            words[:, self.end] = 0.0
            probs[pairs.packing.sequence, pairs.packing.time] = words
        return probs.log()

    def posteriors(self, batch: Batch) -> Float[Tensor, "batch target_time source_time"]:
        """Return p(target word j comes from source word i | both sentences), source to target.

        A row sums to 1 less the probability that its word comes from none; 0 for the end symbol.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: as `expect`.
        """
        require_fitted(self.fitted, _NAME)
        return _link_probs(self._parts()[0], *self._sides(batch))[..., 1:]

    def links(self, batch: Batch) -> list[Int[np.ndarray, "_ 2"]]:
        """Return the links of each pair as (source step, target step), in the order of the target.

        In each direction every word is linked to its most probable origin, or to none where the
        empty word is the most probable; the symmetrisation makes one set of the two.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: as `expect`.
        """
        require_fitted(self.fitted, _NAME)
        sides = self._sides(batch)
        ways = [
            _best_links(direction, *pair).cpu().numpy()
            for direction, pair in zip(self._parts(), _both_ways(*sides), strict=False)
        ]
        one_way = list(ways[0])
        if len(ways) > 1:
            how = self.config.symmetrisation
            both = zip(ways[0], ways[1].swapaxes(1, 2), strict=True)
            one_way = [symmetrised(forward, backward, how) for forward, backward in both]
        return [np.argwhere(links)[:, ::-1] for links in one_way]

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the posteriors: row = target word, column = source word."""
        values = self.posteriors(batch).float()[:, None]
        _, target = self._sides(batch)
        return [NativeMap("target.cross", "posterior", values, target.mask, batch.mask)]

    def n_free_parameters(self) -> int:
        """Return the sum over the directions."""
        return sum(direction.n_free_parameters() for direction in self._parts())

    def _parts(self) -> list[AlignerDirection]:
        return [part for part in self.directions if isinstance(part, AlignerDirection)]

    def _sides(self, batch: Batch) -> tuple[Side, Side]:
        return sides_of(batch, self.n_symbols, self.n_target_symbols, self.end)


def build_aligner(config: AlignerConfig, schema: DataSchema) -> Aligner:
    """Return an unfitted aligner.

    Raises:
        ConfigError: it cannot do the schema's task.
    """
    reason = config.cannot(schema.task_kind, "tokens" if schema.n_symbols else "frames")
    if reason is not None:
        raise ConfigError([f"{config.kind}: {reason}."])
    return Aligner(config, schema)


def _link_probs(
    direction: AlignerDirection, source: Side, target: Side
) -> Float[Tensor, "batch target_time columns"]:
    """Return the posterior of every link, padded; column 0 is the empty word."""
    shape = (*target.words.shape, source.words.shape[1] + 1)
    padded = torch.zeros(shape, dtype=torch.float64, device=source.words.device)
    for pairs, posterior in direction.posteriors(source, target):
        width = posterior.link_probs.shape[1]
        packing = pairs.packing
        padded[packing.sequence, packing.time, :width] = posterior.link_probs
    return padded


def _best_links(
    direction: AlignerDirection, source: Side, target: Side
) -> Bool[Tensor, "batch target_time source_time"]:
    """Link every target word to its most probable source word, unless the empty word is more so."""
    probs = _link_probs(direction, source, target)
    best = nn.functional.one_hot(probs.argmax(dim=2), probs.shape[2])
    return best[..., 1:].bool()


def _both_ways(source: Any, target: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    return (source, target), (target, source)
