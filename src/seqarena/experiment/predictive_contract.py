"""What a family expects at each output must be a distribution, and agree with what it scores."""

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.batch import Batch, collate_all
from seqarena.experiment.contract_case import CLOSE, Case, Check, not_one
from seqarena.families.catalogue import AnyFamily
from seqarena.families.family import (
    AlignerFamily,
    ClassifierFamily,
    DensityFamily,
    PredictiveFrom,
    TaggerFamily,
    TransducerFamily,
)
from seqarena.families.neural_transducer import NeuralTransducer
from seqarena.families.predictive import Outputs, output_kind, output_mask, outputs_of


def expected_of(case: Case) -> Outputs | None:
    """Return what a family expects at each output, 0 on padding; None: it cannot be asked.

    Of frames there are no choices to be asked about.
    """
    batch = collate_all(case.data.train)
    if output_kind(case.family, batch) in (None, "frames"):
        return None
    said, real = outputs_of(case.family, batch), output_mask(case.family, batch)
    if said.choices is None:
        return None
    # On padding one choice is sure.
    sure = torch.zeros_like(said.choices[0, 0]).log()
    sure[0] = 0.0
    return Outputs(said.choices.where(real[..., None], sure), said.gold.where(real, 0.0))


def shares_one_among_choices(case: Case) -> str | None:
    """The probabilities of all choices at each output sum to one."""
    said = expected_of(case)
    if said is None or said.choices is None:
        return None
    return not_one(said.choices.exp().sum(dim=2), CLOSE)


def expects_what_it_scores(case: Case) -> str | None:
    """The probabilities of the gold outputs are those that the family scores by."""
    said = expected_of(case)
    # What tag_probs is of whole sequences, the taggers' own check asks.
    if said is None or isinstance(case.family, TaggerFamily):
        return None
    batch = collate_all(case.data.train)
    found, score = _beside_score(case.family, batch, said.gold.double())
    if _writes_by_two(case.family):
        # A product of two models' scores is less than a probability until it is normalised.
        found = found.minimum(score)
    if torch.allclose(found, score, rtol=CLOSE, atol=CLOSE):
        return None
    worst = float((found - score).abs().max())
    return f"an output that was expected to be gold is {worst:.3g} nats off its score"


def _beside_score(
    family: AnyFamily, batch: Batch, gold: Float[Tensor, "batch output"]
) -> tuple[Tensor, Tensor]:
    """Return what was expected, and the score of the same: of each step, or of whole outputs."""
    if isinstance(family, DensityFamily):
        return gold, family.step_log_prob(batch).double()
    if isinstance(family, ClassifierFamily | TransducerFamily | AlignerFamily):
        return gold.sum(dim=1), family.log_prob(batch).double()
    return gold, gold


def _writes_by_two(family: AnyFamily) -> bool:
    return isinstance(family, NeuralTransducer) and family.head == "ctc_attention"


def expects_the_same_from_any_step(case: Case) -> str | None:
    """Asked from a later step on, a family expects the same there, to the last bit."""
    batch = collate_all(case.data.train)
    if not isinstance(case.family, PredictiveFrom) or output_kind(case.family, batch) != "symbols":
        return None
    whole = case.family.predictive_log_prob(batch)
    for first in range(batch.mask.shape[1]):
        said = case.family.predictive_log_prob_from(batch, first)
        real = batch.mask[:, first:]
        if not torch.equal(said[real], whole[:, first:][real]):
            return f"from step {first} on it expects something else than in a whole sequence"
    return None


OF_OUTPUTS: tuple[Check, ...] = (
    shares_one_among_choices,
    expects_what_it_scores,
    expects_the_same_from_any_step,
)
"""The checks that ask about single outputs."""
