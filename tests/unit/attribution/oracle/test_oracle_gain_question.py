import numpy as np
import pytest

from seqarena.attribution.oracle.gain_question import CONTEXTS, GainQuestion
from seqarena.attribution.oracle.oracle_model import oracle_of
from seqarena.batch import collate_all
from seqarena.data.sources.lagged_markov import LaggedMarkovSourceConfig
from seqarena.data.sources.synthetic import DrawConfig
from seqarena.data.splits import Split
from seqarena.families.markov_chain import build_markov_chain
from seqarena.families.markov_chain_config import MarkovChainConfig


@pytest.fixture(scope="module")
def source():
    draw = DrawConfig(length=24, scored_from=2, n_train=200, n_valid=5, n_test=40, seed=0)
    return LaggedMarkovSourceConfig(
        kind="lagged_markov_source", n_symbols=3, lag=2, copy_probability=0.7, draw=draw
    )


@pytest.fixture(scope="module")
def parts(source):
    return source.read().parts


def test_the_true_process_gains_nothing_beyond_its_lag_and_a_chain_nothing_beyond_its_order(
    source, parts
):
    test = parts[Split.TEST].sequences
    question = GainQuestion.of(oracle_of(source), test, 10**6)
    assert question.lengths == CONTEXTS
    chain = build_markov_chain(MarkovChainConfig(kind="markov_chain", order=1), 3)
    chain.maximise(chain.expect(collate_all(parts[Split.TRAIN].sequences)))
    found = question.summary_of(chain.eval())
    true = [found[f"attn/oracle/context_gain/{length}"] for length in CONTEXTS]
    own = [found[f"attn/context_gain/{length}"] for length in CONTEXTS]
    assert min(true[:2]) > 0.2 and np.abs(true[2:]).max() < 1e-12
    assert own[0] > 0 and np.abs(own[1:]).max() < 1e-12


def test_it_asks_no_more_than_it_may_and_nothing_where_there_is_no_room(source, parts):
    test, oracle = parts[Split.TEST].sequences, oracle_of(source)
    per_example = sum(length + 1 for length in CONTEXTS) * (24 - 8)
    assert len(GainQuestion.of(oracle, test, 3 * per_example).sequences) == 3
    assert GainQuestion.of(oracle, test, per_example - 1) is None


def test_short_sequences_are_asked_about_short_contexts(source):
    short = source.model_copy(update={"draw": DrawConfig(length=6, scored_from=2, n_test=9)})
    test = short.read().parts[Split.TEST].sequences
    assert GainQuestion.of(oracle_of(short), test, 10**6).lengths == (0, 1, 2)


def test_a_model_that_is_no_density_gains_nothing(source, parts):
    question = GainQuestion.of(oracle_of(source), parts[Split.TEST].sequences, 10**6)
    assert question.summary_of(object()) == {}
