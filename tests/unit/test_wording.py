from seqarena.wording import counted


def test_one_is_one_and_all_other_numbers_are_many():
    numbers = (0, 1, 2, 1200)
    assert [counted(n, "seed") for n in numbers] == ["0 seeds", "1 seed", "2 seeds", "1,200 seeds"]
