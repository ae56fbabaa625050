import torch
from hypothesis import given
from hypothesis import strategies as st

from seqarena.inference.hashed_index import HashedIndex, _hash

numbers = st.integers(0, 2**62)


@given(st.lists(numbers, unique=True, max_size=60), st.lists(numbers, max_size=20))
def test_every_key_is_found_at_its_place_and_nothing_else_is(keys, others):
    index = HashedIndex.of(torch.tensor(keys, dtype=torch.long))
    wanted = torch.tensor([*keys, *others], dtype=torch.long)
    expected = [keys.index(number) if number in keys else len(keys) for number in wanted.tolist()]
    assert index.find(wanted).tolist() == expected


def test_keys_that_all_want_the_same_slot_are_told_apart():
    numbers = torch.arange(20_000)
    # A table for 41 keys has 128 slots and some behind them, up to which all is filled.
    alike = numbers[_hash(numbers, 7) == 127]
    keys, others = alike[:41], alike[41:]
    assert len(others) > 41
    index = HashedIndex.of(keys)
    assert index.find(keys).tolist() == list(range(41))
    assert (index.find(others) == 41).all()


def test_many_keys_fill_at_most_half_of_the_table():
    index = HashedIndex.of(torch.arange(0, 300_000, 3))
    assert (index.slots >= 0).float().mean() <= 0.5
    assert index.n_bytes == index.slots.nbytes + index.places.nbytes
    assert torch.equal(index.find(torch.arange(0, 300_000, 3)), torch.arange(100_000).int())
    assert (index.find(torch.arange(1, 300_000, 3)) == 100_000).all()
