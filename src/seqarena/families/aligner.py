"""Statistical word alignment: IBM models 1 and 2, and the hidden Markov model of links."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch, Sequences, collate
from seqarena.errors import ConfigError, DataError
from seqarena.families.aligner_config import AlignerConfig, AlignerModel
from seqarena.families.aligner_direction import AlignerDirection, Ragged
from seqarena.families.aligner_statistics import AlignerStatistics
from seqarena.families.guards import require_alphabet, require_fitted, symbols_of
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
        self.n_symbols, self.n_target_symbols, self.end = _sizes(schema)
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
        target = _target_of(train)
        require_alphabet(train, self.n_symbols)
        require_alphabet(target, self.n_target_symbols)
        sides = (_ragged(train, None), _ragged(target, self.end))
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
        self._require_short(batch)
        sides = self._sides(batch)
        rows = batch.rows if self._is_training(batch) else None
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
        cells = batch.lengths.double() * _target_batch(batch).lengths
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
        target = _target_batch(batch)
        symbols = symbols_of(batch, self.n_symbols)
        words = symbols_of(target, self.n_target_symbols)
        return Side(symbols, batch.mask), Side(words, target.mask & (words != self.end))

    def _require_short(self, batch: Batch) -> None:
        sides = (("source", batch, 0), ("target", _target_batch(batch), 1))
        for name, side, at in sides:
            for row in (side.lengths > self.longest[at]).nonzero()[:1, 0].tolist():
                raise DataError(
                    f"sequence {int(batch.rows[row])}: its {name} has {int(side.lengths[row])} "
                    f"steps, and the schema says at most {self.longest[at]}; prepare the task "
                    "again."
                )

    def _is_training(self, batch: Batch) -> bool:
        """Say whether these are rows of the training split, whose meetings are known."""
        if self._train is None or int(batch.rows.max()) >= len(self._train):
            return False
        same = collate(self._train, batch.rows.cpu().numpy())
        pairs = ((same, batch), (_target_batch(same), _target_batch(batch)))
        return all(_equal(one.tokens, other.tokens) for one, other in pairs)


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


def _ragged(sequences: Sequences, end: int | None) -> Ragged:
    """Return offsets and words, the end symbol taken out."""
    tokens = np.asarray(sequences.tokens)
    kept = np.ones(len(tokens), dtype=bool) if end is None else tokens != end
    offsets = np.concatenate([[0], np.cumsum(kept)])[sequences.offsets]
    return torch.from_numpy(offsets), torch.from_numpy(tokens[kept])


def _sizes(schema: DataSchema) -> tuple[int, int, int]:
    n_symbols, n_targets, end = schema.n_symbols, schema.n_target_symbols, schema.target_end
    if n_symbols is None or n_targets is None or end is None:
        raise DataError(
            "the schema of an alignment task must say n_symbols, n_target_symbols and target_end."
        )
    return n_symbols, n_targets, end


def _target_of(sequences: Sequences) -> Sequences:
    if sequences.target is None:
        raise DataError("the split holds no targets; an aligner is fitted to sentence pairs.")
    return sequences.target


def _target_batch(batch: Batch) -> Batch:
    if batch.target is None:
        raise DataError("the batch holds no targets; an aligner links the words of sentence pairs.")
    return batch.target


def _equal(one: Tensor | None, other: Tensor | None) -> bool:
    if one is None or other is None:
        return False
    return one.shape == other.shape and bool((one == other.to(one.device)).all())
