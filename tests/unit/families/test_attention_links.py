import pytest
import torch

from seqarena.attention.maps import NativeMap
from seqarena.errors import DataError
from seqarena.families.attention_links import best_links

WORDS = torch.tensor([[True, True, False], [True, False, False]])
COLUMNS = torch.ones(2, 2, dtype=torch.bool)


def a_map(*looks, name="decoder.1.cross"):
    """Each argument is one head: the source step that each of three target steps looks at."""
    heads = [[[[0.9 * (at == step) + 0.05 for at in (0, 1)] for step in head]] for head in looks]
    values = torch.tensor(heads).swapaxes(0, 1).expand(2, len(looks), 3, 2)
    return NativeMap(name, "weights", values, torch.ones(2, 3, dtype=torch.bool), COLUMNS)


def listed(found):
    return [links.tolist() for links in found]


def test_each_word_is_linked_to_where_its_own_row_looks():
    assert listed(best_links([a_map([1, 0, 1])], WORDS)) == [[[1, 0], [0, 1]], [[1, 0]]]


def test_one_step_later_the_row_that_reads_the_word_counts():
    """The end symbol's row speaks for the last word."""
    found = best_links([a_map([1, 0, 1])], WORDS, shift=1)
    assert listed(found) == [[[0, 0], [1, 1]], [[0, 0]]]


def test_heads_are_averaged_and_the_last_look_at_the_input_counts():
    maps = [
        a_map([0, 0, 0]),
        a_map([1, 1, 1], [1, 0, 0], [1, 0, 0]),
        a_map([0, 0, 0], name="decoder.1.self"),
    ]
    assert listed(best_links(maps, WORDS)) == [[[1, 0], [0, 1]], [[1, 0]]]


def test_without_such_a_look_there_are_no_links():
    with pytest.raises(DataError) as caught:
        best_links([a_map([0, 0, 0], name="encoder.0.self")], WORDS)
    assert str(caught.value) == (
        "nothing looks from the decoder into the input, so there are no links to read; choose an "
        "attention mechanism."
    )
