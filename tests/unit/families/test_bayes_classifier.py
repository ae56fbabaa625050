import math

import pytest
import torch
from torch.testing import assert_close

from classical_scenes import (
    a_chain,
    an_hmm,
    fit_plainly,
    random_frames,
    random_tokens,
    setting,
    tokens,
)
from seqarena.batch import collate_all
from seqarena.errors import DataError, NotFittedError
from seqarena.families.bayes_classifier import BayesClassifier
from seqarena.families.family import ClassifierFamily
from seqarena.fitting.protocols import StatisticsModel


def of_chains(n_classes=2, **knobs):
    knobs = {"smoothing": "additive", "pseudo_count": 1.0, **knobs}
    return BayesClassifier(lambda: a_chain(1, 2, **knobs), n_classes)


def test_bayes_rule_by_hand():
    # Class 0 starts with 0 twice of twice: (2 + 1) / (2 + 2); class 1 once of once from 1.
    # p(0 | class 1) = (0 + 1) / (1 + 2). Priors 2/3 and 1/3.
    model = of_chains()
    fit_plainly(model, tokens([0], [0], [1], labels=[0, 0, 1]))
    posterior = model.class_log_prob(collate_all(tokens([0]))).exp()
    joint = torch.tensor([[2 / 3 * 3 / 4, 1 / 3 * 1 / 3]]).double()
    assert_close(posterior, joint / joint.sum())


def test_each_density_is_the_one_fitted_to_its_own_class():
    data = random_tokens(20, n_symbols=2, labels=[0, 1] * 10)
    model = of_chains()
    fit_plainly(model, data)
    for label in (0, 1):
        alone = a_chain(1, 2, smoothing="additive", pseudo_count=1.0)
        fit_plainly(alone, data.select(torch.arange(label, 20, 2).numpy()))
        batch = collate_all(data)
        assert torch.equal(model.densities[label].log_prob(batch), alone.log_prob(batch))


def test_the_log_likelihood_is_of_sequences_and_labels_together():
    data = random_tokens(7, n_symbols=2, labels=[0, 1, 0, 0, 1, 0, 0])
    model = of_chains()
    fit_plainly(model, data)
    batch = collate_all(data)
    own = torch.stack([density.log_prob(batch) for density in model.densities], dim=1)
    of_sequences = own.gather(1, batch.labels[:, None]).sum().item()
    of_labels = 5 * math.log(5 / 7) + 2 * math.log(2 / 7)
    assert_close(model.expect(batch).log_likelihood.item(), of_sequences + of_labels)


def test_log_prob_is_that_of_the_batchs_own_labels():
    data = random_tokens(6, n_symbols=2, labels=[0, 1, 0, 0, 1, 0])
    model = of_chains()
    fit_plainly(model, data)
    batch = collate_all(data)
    rows = model.class_log_prob(batch)
    assert_close(rows.exp().sum(dim=1), torch.ones(6).double())
    assert_close(model.log_prob(batch), rows[range(6), batch.labels])


def test_a_sequence_impossible_under_every_class_gets_the_prior():
    model = of_chains(pseudo_count=0.0)
    fit_plainly(model, tokens([0], [0], [0], labels=[0, 0, 1]))
    posterior = model.class_log_prob(collate_all(tokens([1]))).exp()
    assert_close(posterior, torch.tensor([[2 / 3, 1 / 3]]).double())


def test_the_native_map_is_that_of_the_winning_class():
    data = random_frames(12, labels=[0, 1] * 6)
    model = BayesClassifier(lambda: an_hmm(2, dim=2), 2)
    for label, density in enumerate(model.densities):
        density.initialise(data, data, seed=label)
    fit_plainly(model, data, 2)
    batch = collate_all(data)
    (one,) = model.native_maps(batch)
    assert (one.name, one.kind) == ("states.predicted_class", "posterior")
    winner = model.class_log_prob(batch).argmax(dim=1)
    assert set(winner.tolist()) == {0, 1}
    each = [density.native_maps(batch)[0] for density in model.densities]
    for row, label in enumerate(winner.tolist()):
        assert_close(one.values[row], each[label].values[row])
    assert torch.equal(one.row_mask, batch.mask)
    assert one.column_mask.all()


@pytest.mark.slow
def test_one_fit_under_the_trainer_serves_all_classes(tmp_path):
    data = random_frames(20, labels=[0, 1] * 10)
    model = BayesClassifier(lambda: an_hmm(2, dim=2), 2)
    report = model.fit(data, data, setting(tmp_path, batch_size=4, max_em_epochs=3))
    assert report.notes[-1] == (
        "losses are of sequences and labels together, -log p(x, label), per scored step"
    )
    assert report.n_parameters == 2 * an_hmm(2, dim=2).n_free_parameters() + 1
    assert model.log_prob(collate_all(data)).isfinite().all()


def test_it_is_a_classifier_and_a_model_of_statistics():
    assert isinstance(of_chains(), StatisticsModel)
    assert isinstance(of_chains(), ClassifierFamily)
    assert of_chains().n_passes == 1


def test_a_class_without_training_sequences_is_refused(tmp_path):
    data = random_tokens(4, n_symbols=2, labels=[0, 0, 2, 2])
    with pytest.raises(DataError) as caught:
        of_chains(3).fit(data, data, setting(tmp_path))
    assert str(caught.value) == (
        "class 1 of 3 has no training sequence; split the data anew, or leave the class out."
    )


def test_an_unfitted_classifier_and_missing_labels_are_refused():
    batch = collate_all(tokens([0]))
    with pytest.raises(NotFittedError) as caught:
        of_chains().class_log_prob(batch)
    assert str(caught.value) == (
        "Bayes classifier: not fitted; call fit, or load a fitted state dict, first."
    )
    with pytest.raises(DataError) as caught:
        of_chains().expect(batch)
    assert str(caught.value) == "a classifier needs labels, and the batch has none."
