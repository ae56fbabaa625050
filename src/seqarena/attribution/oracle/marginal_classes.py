"""Bayes classifiers that have not seen one step: Bayes' rule over densities that have not."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqarena.attribution.oracle import marginal_symbols
from seqarena.attribution.oracle.marginal_states import step_log_prob_without
from seqarena.batch import Batch
from seqarena.families.bayes_classifier import BayesClassifier
from seqarena.families.class_density import posterior_of_classes
from seqarena.families.gaussian_mixture import GaussianMixture
from seqarena.families.hidden_markov import HiddenMarkovModel
from seqarena.families.markov_chain import MarkovChain


def classes_without(model: BayesClassifier, example: Batch) -> Float[Tensor, "time classes"] | None:
    """Return log p(label | all steps but one), for each step that is removed [nats].

    Args:
        model: fitted.
        example: a batch of one.

    Returns:
        None where the densities are of a kind that cannot forget a step, or of too many symbols.
    """
    parts = [_log_prob_without(density, example) for density in model.densities]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return posterior_of_classes(torch.stack(known, dim=1), model.log_class_prior)


def _log_prob_without(density: nn.Module, example: Batch) -> Float[Tensor, "time"] | None:
    """Return log p(x without one step) of the scored steps, for each step [nats]."""
    n_steps = int(example.lengths[0])
    scored = example.scored[0, :n_steps]
    match density:
        case HiddenMarkovModel():
            return step_log_prob_without(density, example)[:-1].where(scored, 0.0).sum(dim=1)
        case GaussianMixture():
            # Frames are independent: what is known of the others does not change.
            own = density.step_log_prob(example)[0, :n_steps].where(scored, 0.0)
            return own.repeat(n_steps, 1).fill_diagonal_(0.0).sum(dim=1)
        case MarkovChain() if density.n_symbols <= marginal_symbols.MAX_SYMBOLS:
            return marginal_symbols.log_prob_without(density.log_prob, example, density.n_symbols)
        case _:
            return None
