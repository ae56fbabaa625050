import pytest
import torch

from seqarena.errors import DataError
from seqarena.families.bayes_classifier import BayesClassifier
from seqarena.families.classical import build_classical
from seqarena.families.family import ClassifierFamily, DensityFamily
from seqarena.families.gaussian_mixture import GaussianMixture
from seqarena.families.gaussian_mixture_config import GaussianMixtureConfig
from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel
from seqarena.families.markov_chain import MarkovChain
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.families.vector_quantiser import QuantisedClassifier
from seqarena.schema import DataSchema

MARKOV = MarkovChainConfig(kind="markov_chain")
HMM = HiddenMarkovConfig(kind="hidden_markov")
GMM = GaussianMixtureConfig(kind="gaussian_mixture")
TEXT = DataSchema("density", n_symbols=5)
FRAMES = DataSchema("density", dim=2)
LABELLED_TEXT = DataSchema("classification", n_symbols=5, n_classes=3)
LABELLED_FRAMES = DataSchema("classification", dim=2, n_classes=3)


@pytest.mark.parametrize(
    ("config", "schema", "kind"),
    [
        (MARKOV, TEXT, MarkovChain),
        (HMM, TEXT, HiddenMarkovModel),
        (HMM, FRAMES, HiddenMarkovModel),
        (GMM, FRAMES, GaussianMixture),
        (MARKOV, LABELLED_TEXT, BayesClassifier),
        (MARKOV, LABELLED_FRAMES, QuantisedClassifier),
        (HMM, LABELLED_FRAMES, BayesClassifier),
        (GMM, LABELLED_FRAMES, BayesClassifier),
    ],
)
def test_each_task_gets_the_family_that_answers_it(config, schema, kind):
    family = build_classical(config, schema, torch.Generator())
    assert type(family) is kind
    is_density = schema.task_kind == "density"
    assert isinstance(family, DensityFamily if is_density else ClassifierFamily)


def test_what_a_family_cannot_do_is_refused():
    with pytest.raises(DataError) as caught:
        build_classical(GMM, TEXT, torch.Generator())
    assert str(caught.value) == (
        "gaussian_mixture cannot do this task: a Gaussian mixture is a density of frames, and "
        "this task's input is tokens."
    )
