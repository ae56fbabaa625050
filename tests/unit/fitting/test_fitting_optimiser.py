import pytest
import torch
from torch import nn

from seqarena.fitting.optimiser import learning_rate_at, make_optimiser
from seqarena.fitting.protocols import OptimiserConfig


def _rates(n_steps, **config):
    settings = OptimiserConfig(learning_rate=1.0, **config)
    return [learning_rate_at(step, n_steps, settings) for step in range(n_steps)]


def test_the_rate_grows_linearly_to_its_peak_and_stays():
    rates = _rates(7, schedule="constant", warmup_steps=4)
    assert rates == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0])


def test_the_rate_falls_along_a_cosine_to_a_tenth_at_the_last_step():
    rates = _rates(6, schedule="cosine", warmup_steps=1)
    # 0.55 +- 0.45 cos(pi k / 4)
    assert rates == pytest.approx([1.0, 1.0, 0.868198, 0.55, 0.231802, 0.1])


def test_the_rate_falls_as_one_over_the_root_of_the_step():
    rates = _rates(8, schedule="inverse_sqrt", warmup_steps=2)
    # Vaswani et al. (2017), eq. 3, with the peak after two steps: min(s / 2, sqrt(2 / s)).
    assert rates == pytest.approx([0.5, 1.0, *[(2 / s) ** 0.5 for s in range(3, 9)]])


def test_a_fit_shorter_than_its_warm_up_never_reaches_the_peak():
    assert max(_rates(10, warmup_steps=50)) == pytest.approx(0.2)


def test_weight_decay_pulls_matrices_only():
    model = nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3))
    optimiser = make_optimiser(model, OptimiserConfig(weight_decay=0.5))
    decays = {
        tuple(part.shape): group["weight_decay"]
        for group in optimiser.param_groups
        for part in group["params"]
    }
    assert decays == {(3, 2): 0.5, (3,): 0.0}


def test_the_memory_of_squared_gradients_is_as_long_as_configured():
    optimiser = make_optimiser(nn.Linear(2, 3), OptimiserConfig(beta_2=0.95))
    assert {group["betas"] for group in optimiser.param_groups} == {(0.9, 0.95)}


def test_frozen_parameters_are_left_alone():
    model = nn.Linear(2, 3)
    model.bias.requires_grad_(False)
    optimiser = make_optimiser(model, OptimiserConfig(kind="sgd"))
    assert isinstance(optimiser, torch.optim.SGD)
    (group,) = optimiser.param_groups
    assert [tuple(part.shape) for part in group["params"]] == [(3, 2)]
    assert group["momentum"] == 0.9


def test_the_decay_of_descent_is_no_part_of_its_gradient_nor_of_its_momentum():
    model = nn.Linear(2, 3).double()
    optimiser = make_optimiser(model, OptimiserConfig(kind="sgd", weight_decay=0.5))
    weight, bias = model.weight.detach().clone(), model.bias.detach().clone()
    velocities = torch.zeros_like(weight), torch.zeros_like(bias)
    for rate in (0.1, 0.3, 0.2):
        gradients = torch.randn(3, 2).double(), torch.randn(3).double()
        model.weight.grad, model.bias.grad = (each.clone() for each in gradients)
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.step()
        velocities = [0.9 * old + new for old, new in zip(velocities, gradients, strict=True)]
        weight = weight - rate * 0.5 * weight - rate * velocities[0]
        bias = bias - rate * velocities[1]
        torch.testing.assert_close(model.weight.detach(), weight)
        torch.testing.assert_close(model.bias.detach(), bias)


def test_a_matrix_without_a_gradient_does_not_decay():
    model = nn.Linear(2, 3)
    before = model.weight.detach().clone()
    optimiser = make_optimiser(model, OptimiserConfig(kind="sgd", weight_decay=0.5))
    model.bias.grad = torch.ones(3)
    optimiser.step()
    assert torch.equal(model.weight, before)
