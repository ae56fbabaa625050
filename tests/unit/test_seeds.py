import torch

from seqarena.seeds import derive_seed, numpy_generator, torch_generator


def test_one_seed_and_purpose_give_the_same_draws():
    first, second = torch_generator(3, "fit"), torch_generator(3, "fit")
    assert torch.rand(4, generator=first).tolist() == torch.rand(4, generator=second).tolist()


def test_purposes_do_not_share_their_draws():
    assert derive_seed(3, "fit") != derive_seed(3, "split")
    assert derive_seed(3, "a", "b") != derive_seed(3, "ab")
    assert numpy_generator(3, "a").random() != numpy_generator(4, "a").random()


def test_making_a_generator_leaves_the_global_one_alone():
    before = torch.random.get_rng_state()
    torch_generator(1, "x")
    assert torch.equal(before, torch.random.get_rng_state())
