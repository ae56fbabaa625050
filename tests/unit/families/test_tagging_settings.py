"""What a tagging task refuses, and what only it may ask for: said when settings are read."""

import pytest

from seqarena.families.attention_pooling import AttentionConfig
from seqarena.families.gaussian_mixture_config import GaussianMixtureConfig
from seqarena.families.hidden_markov_config import HiddenMarkovConfig
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.transformer import TransformerConfig
from seqarena.fitting.protocols import OptimiserConfig, StepwiseConfig

NEURAL = {
    "recurrent": (RecurrentConfig, {"kind": "lstm"}),
    "transformer": (TransformerConfig, {"kind": "transformer"}),
    "attention": (AttentionConfig, {"kind": "attention", "attention": "self_attention"}),
}


@pytest.fixture(params=NEURAL)
def build(request):
    """Make a config of one of the neural kinds."""
    model, given = NEURAL[request.param]
    return lambda **more: model(**given, **more)


@pytest.mark.parametrize("input_kind", ["tokens", "frames"])
@pytest.mark.parametrize("head", ["softmax", "crf"])
def test_every_network_tags_tokens_and_frames_with_either_head(build, head, input_kind):
    assert build(tag_head=head, tag_decoding="viterbi").cannot("tagging", input_kind) is None


def test_networks_read_both_ways_or_one_way_when_they_tag():
    for both in (True, False):
        config = RecurrentConfig(kind="gru", bidirectional=both, attention="self_attention")
        assert config.cannot("tagging", "tokens") is None


def test_a_chain_of_tags_is_refused_where_there_are_none(build):
    assert build(tag_head="crf").cannot("classification", "tokens") == (
        "tag_head 'crf' is a chain of the tags of steps, and classification has none; "
        "set it to 'softmax'"
    )
    assert build(tag_decoding="viterbi").cannot("classification", "frames") == (
        "tag_decoding 'viterbi' chooses the tags of steps, and classification has none; "
        "leave it out"
    )


def test_a_chain_of_tags_has_no_labels_to_smooth(build):
    smooth = OptimiserConfig(label_smoothing=0.1)
    assert build(tag_head="crf", optimiser=smooth).cannot("tagging", "tokens") == (
        "label smoothing moves probability between the labels of one step, and tag_head 'crf' "
        "gives it to whole sequences of tags; set optimiser.label_smoothing to 0, or tag_head to "
        "'softmax'"
    )
    assert build(optimiser=smooth).cannot("tagging", "tokens") is None


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (
            {"attention": "softmax"},
            "attention 'softmax' makes one vector of a sequence, and a tagger needs one for each "
            "step; set it to 'self_attention' or 'none'",
        ),
        (
            {"gradient_lags": 3},
            "gradients by lag are measured of densities and classifiers; set gradient_lags to 0 "
            "for tagging",
        ),
        (
            {"tie_weights": True},
            "only a density writes the symbols that it reads; set tie_weights to false for tagging",
        ),
        (
            {"stem": "conv"},
            "stem 'conv' is for the classification of pictures, and this is tagging of tokens; "
            "set it to 'none'",
        ),
        (
            {"attention": "weighted_sum_additive", "coverage": True},
            "attention 'weighted_sum_additive' makes one vector of a sequence, and a tagger needs "
            "one for each step; set it to 'self_attention' or 'none'",
        ),
    ],
)
def test_what_a_recurrent_tagger_has_no_place_for_is_refused(settings, reason):
    assert RecurrentConfig(kind="gru", **settings).cannot("tagging", "tokens") == reason


def test_attention_that_makes_one_vector_of_a_sequence_does_not_tag():
    config = AttentionConfig(kind="attention", attention="softmax")
    assert config.cannot("tagging", "tokens") == (
        "attention 'softmax' makes one vector of a sequence, and a tagger needs one for each "
        "step; set it to 'self_attention'"
    )


def test_families_that_only_give_probabilities_of_sequences_do_not_tag():
    assert MarkovChainConfig(kind="markov_chain").cannot("tagging", "tokens") == (
        "a Markov chain gives probabilities of sequences; it tags no steps"
    )
    assert GaussianMixtureConfig(kind="gaussian_mixture").cannot("tagging", "frames") == (
        "a Gaussian mixture gives densities of frames; it tags no steps"
    )


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"n_states": 5}, "n_states: {} there is a state for each tag; {}"),
        (
            {"topology": "left_to_right"},
            "topology: {} which tags follow each other is counted; {}",
        ),
        (
            {"forbidden_moves": ((0, 1),)},
            "forbidden_moves: {} which tags follow each other is counted; {}",
        ),
        (
            {"n_components": 2},
            "n_components: {} the tags do not say which component a frame came from; {}",
        ),
        ({"n_restarts": 2}, "n_restarts: {} counting has one result; {}"),
        ({"engine": "hmmlearn"}, "engine: {} hmmlearn iterates EM, and tags are counted; {}"),
        ({"stepwise": StepwiseConfig()}, "stepwise: {} one pass of counting is exact; {}"),
    ],
)
def test_a_counted_hidden_markov_model_takes_nothing_that_em_needs(settings, why):
    config = HiddenMarkovConfig(kind="hidden_markov", **settings)
    expected = why.format("a tagger's states are the tags, and", "leave it out")
    assert config.cannot("tagging", "frames") == expected
    assert config.cannot("density", "frames") is None


def test_a_hidden_markov_model_chooses_tags_only_where_there_are_some():
    config = HiddenMarkovConfig(kind="hidden_markov", tag_decoding="viterbi")
    assert config.cannot("tagging", "tokens") is None
    assert config.cannot("density", "tokens") == (
        "tag_decoding 'viterbi' chooses the tags of steps, and density has none; leave it out"
    )
