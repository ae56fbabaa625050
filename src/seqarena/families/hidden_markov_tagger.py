"""A hidden Markov model whose states are the tags: counted, and asked for them."""

from dataclasses import replace
from typing import assert_never

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch, Sequences
from seqarena.errors import DataError
from seqarena.families.guards import require_fitted, tags_of
from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel
from seqarena.families.hidden_markov_statistics import HiddenMarkovStatistics
from seqarena.families.statistics_fit import fit_in_large_batches
from seqarena.fitting.protocols import FitReport, FitSetting
from seqarena.inference.linear_chain_field import path_score
from seqarena.inference.packing import Packing
from seqarena.schema import DataSchema

_NOTE = "losses are of sequences and tags together, -log p(x, tags), per step"


class HiddenMarkovTagger(nn.Module):
    """p(tags | x) = p(tags) p(x | tags) / p(x), all three of a hidden Markov model.

    The tags of the training sequences are its hidden paths, so that one pass of counting is the
    exact fit: Merialdo (1994).
    """

    n_passes: int | None = 1

    def __init__(self, config: HiddenMarkovConfig, schema: DataSchema, n_tags: int) -> None:
        super().__init__()
        self.config = config
        states = config.model_copy(update={"n_states": n_tags})
        self.model = HiddenMarkovModel(states, schema)
        self.n_tags = n_tags

    @property
    def fitted(self) -> Tensor:
        """Whether tags were counted."""
        return self.model.fitted

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Count once."""
        self.model.fitted.fill_(False)
        self.model.emission.reference(train)
        report = fit_in_large_batches(self, train, valid, setting)
        return replace(report, notes=(*report.notes, _NOTE))

    def expect(self, batch: Batch) -> HiddenMarkovStatistics:
        """Count starts, moves and what each tag emits; the log-likelihood is log p(x, tags).

        Raises:
            DataError: the batch has no tags, or a symbol or tag is outside its alphabet.
        """
        packing, values, path = self._packed(batch)
        n, k = packing.n_sequences, self.n_tags
        moves = torch.bincount(path[packing.previous] * k + path[n:], minlength=k * k)
        return HiddenMarkovStatistics(
            log_likelihood=self._log_joint(packing, values, path).sum(),
            start=torch.bincount(path[:n], minlength=k).double(),
            transition=moves.view(k, k).double(),
            emission=self.model.emission.sums(values, nn.functional.one_hot(path, k).double()),
        )

    def no_statistics(self) -> HiddenMarkovStatistics:
        """Return the statistics of no sequence."""
        return self.model.no_statistics()

    def maximise(self, statistics: HiddenMarkovStatistics) -> None:
        """Set the most probable parameters given the counts."""
        self.model.maximise(statistics)

    def log_prior(self) -> float:
        """Return the log-density of the parameters under their prior, up to a constant."""
        return self.model.log_prior()

    def expect_flops(self, batch: Batch) -> float:
        """Estimate an addition for each step's move and emission."""
        return float(batch.mask.sum()) * (1.0 + self.model.emission.flops_per_step())

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(the batch's own tags | x) [nats].

        Minus infinity where the sequence itself is impossible.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: as `expect`.
        """
        require_fitted(self.fitted, "hidden Markov tagger")
        joint = self._log_joint(*self._packed(batch))
        evidence = self.model.step_log_prob(batch).sum(dim=1)
        return joint - evidence.where(evidence.isfinite(), 0.0)

    def tag_probs(self, batch: Batch) -> Float[Tensor, "batch time tags"]:
        """Return p(tag_t | x) of each step; 0 on padding.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: no path explains a sequence; with a `pseudo_count` above 0 one always does.
        """
        return self.model.state_probs(batch)

    def tag(self, batch: Batch) -> Int[Tensor, "batch time"]:
        """Return the tags of each sequence as `tag_decoding` says; 0 on padding.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: as `tag_probs`.
        """
        match self.config.tag_decoding:
            case "posterior":
                return self.model.decode_posterior(batch)
            case "viterbi":
                return self.model.decode(batch)
            case _:
                assert_never(self.config.tag_decoding)

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the posteriors of the tags: row = time, column = tag."""
        return self.model.native_maps(batch)

    def n_free_parameters(self) -> int:
        """Return those of the hidden Markov model."""
        return self.model.n_free_parameters()

    def _packed(self, batch: Batch) -> tuple[Packing, Tensor, Int[Tensor, "steps"]]:
        packing = Packing.of(batch.mask)
        values = packing.pack(self.model.emission.values(batch))
        return packing, values, packing.pack(tags_of(batch, self.n_tags))

    def _log_joint(self, packing: Packing, values: Tensor, path: Tensor) -> Float[Tensor, "batch"]:
        """Return log p(x, tags) of each sequence [nats]."""
        model = self.model
        log_emission = model.emission.log_prob(values)
        return path_score(model.log_start, model.log_transition, log_emission, path, packing)


def build_hidden_markov_tagger(
    config: HiddenMarkovConfig, schema: DataSchema
) -> HiddenMarkovTagger:
    """Return an unfitted tagger.

    Raises:
        DataError: the schema does not say how many tags there are.
    """
    if schema.n_tags is None:
        raise DataError("the schema of a tagging task must say n_tags.")
    return HiddenMarkovTagger(config, schema, schema.n_tags)
