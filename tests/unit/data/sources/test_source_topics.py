import numpy as np

from seqarena.data.sources.topics import (
    drop_repeats,
    fill_shares,
    groups_that_share,
    n_shared,
    passages,
)

LONG = "The quick brown fox jumps over the lazy dog, and the dog does not mind at all."


def test_layout_and_case_do_not_hide_a_copy() -> None:
    assert passages("a  QUICK\n   fox", 11) == passages("A quick fox", 11) == ["a quick fox"]


def test_a_passage_begins_with_each_word_and_a_short_text_is_one() -> None:
    assert passages("ab cd ef", 4) == ["ab c", "cd e"]
    assert passages("ab cd", 5) == ["ab cd"]
    assert passages("ab cd", 6) == ["ab cd"]


def test_an_excerpt_goes_and_the_whole_stays() -> None:
    documents = {"excerpt": "So: " + LONG[4:60], "own": "x" * 50, "whole": LONG}
    assert list(drop_repeats(documents, 20, 0.5)) == ["own", "whole"]


def test_a_document_that_repeats_little_stays() -> None:
    documents = {
        "mostly_own": "one two three four five six seven " + LONG[:30],
        "whole": LONG + "z" * 40,
    }
    assert list(drop_repeats(documents, 20, 0.5)) == ["mostly_own", "whole"]


def test_sharing_is_passed_on_through_others() -> None:
    documents = {
        "a": "1" * 25 + LONG[:30],
        "b": LONG[:30] + "#" + LONG[40:70],
        "c": LONG[40:70] + "2" * 25,
        "d": "3" * 40,
    }
    assert groups_that_share(documents, 20) == [["a", "b", "c"], ["d"]]


def test_passages_in_several_parts_are_counted_once_each() -> None:
    parts = [{"a": "a b c d"}, {"b": "x b c d"}, {"c": "a b"}]
    # "a b" (first and third), "b c" and "c d" (first and second)
    assert n_shared(parts, 3) == 3


def test_whole_groups_are_dealt_out_and_none_is_lost() -> None:
    sizes = {name: 10 for name in "abcdefghij"}
    groups = [["a", "b", "c"], *([name] for name in "defghij")]
    for seed in range(20):
        dealt = fill_shares(groups, sizes, [0.2, 0.1], np.random.default_rng(seed))
        assert sorted(name for part in dealt for name in part) == sorted(sizes)
        assert len(dealt[0]) == 2
        assert len(dealt[1]) == 1
        assert {"a", "b", "c"} <= set(dealt[2])
