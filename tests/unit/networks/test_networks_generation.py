import torch

from seqarena.networks.generation import Stepper, write_greedily

END = 3


class Countdown(Stepper[torch.Tensor]):
    """Writes symbol 1 as often as its memory says, then the end."""

    def advance(self, previous, memory):
        del previous
        symbol = torch.where(memory > 0, 1, END)
        return torch.nn.functional.one_hot(symbol, 4).float(), memory - 1

    def select(self, memory, rows):
        return memory[rows.flatten()]


def test_each_sequence_ends_at_its_own_end_symbol_and_is_zero_after_it():
    start = torch.zeros(3, dtype=torch.int64)
    tokens, lengths = write_greedily(Countdown(), torch.tensor([0, 2, 1]), start, END, 9)
    assert tokens.tolist() == [[END, 0, 0], [1, 1, END], [1, END, 0]]
    assert lengths.tolist() == [1, 3, 2]


def test_a_sequence_that_never_ends_is_cut():
    start = torch.zeros(2, dtype=torch.int64)
    tokens, lengths = write_greedily(Countdown(), torch.tensor([50, 0]), start, END, 2)
    assert tokens.tolist() == [[1, 1], [END, 0]]
    assert lengths.tolist() == [2, 1]
