import csv
import io
from dataclasses import replace

import pytest
from reporting_scenes import BITS, LABELS, cell

from seqarena.metrics.metric import BITS_PER_STEP
from seqarena.reporting.caveats import asked, caveat, limits
from seqarena.reporting.conclusions import conclusion, verdict
from seqarena.reporting.judgement import (
    JudgedCell,
    JudgedPair,
    Question,
    SetAside,
    TaskJudgement,
)
from seqarena.reporting.judgement_tables import PAIRS, judged_pair_rows, pairs_csv
from seqarena.reporting.ranking import tables

QUESTION = Question(BITS_PER_STEP, 0.01, 0.95, 10_000, None, 3)


def judged_cell(label, *scores, n_asked=3, **fields):
    known = [score for score in scores if score is not None]
    mean = sum(known) / len(known) if known and len(known) == len(scores) else None
    ends = {"low": None, "high": None, "gap": None, "n_examples": 50, **fields}
    return JudgedCell(f"source-{label}", label, dict(enumerate(scores)), n_asked, mean, **ends)


def pair(one, other, word, **fields):
    value = {"better": 0.1, "worse": -0.1}.get(word)
    found = {"value": value, **fields}
    return JudgedPair(f"source-{one}", f"source-{other}", word, f"{one} {word} {other}.", **found)


def judgement(words, labels="abc", **fields):
    """Words of (a, b), (a, c), (b, c)."""
    pairs = [(one, other) for place, one in enumerate(labels) for other in labels[place + 1 :]]
    return TaskJudgement(
        question=fields.pop("question", QUESTION),
        stamp="0" * 16,
        cells=fields.pop("cells", tuple(judged_cell(name, 1.0, 1.1, 1.2) for name in labels)),
        pairs=tuple(pair(*names, word) for names, word in zip(pairs, words, strict=True)),
        **fields,
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["better", "better", "better"],
            ["a is better than each of the 2 others.", "Of 3 pairs: 3 told apart."],
        ),
        (
            ["better", "equivalent", "no difference shown"],
            [
                "Nobody is shown to be better than a and c, and none of these is shown to be "
                "better than another of them.",
                "Shown to be worse than some other: b.",
                "Of 3 pairs: 1 told apart, 1 practically equal, 1 without a difference that could "
                "be shown.",
                "Practically equal: a and c.",
            ],
        ),
        (
            ["no difference shown"] * 3,
            [
                "None of a, b and c is shown to be better than another.",
                "Of 3 pairs: 3 without a difference that could be shown.",
            ],
        ),
        (
            ["worse", "no difference shown", "better"],
            [
                "b is better than each of the 2 others.",
                "Of 3 pairs: 2 told apart, 1 without a difference that could be shown.",
            ],
        ),
        (
            ["worse", "worse", "no difference shown"],
            [
                "Nobody is shown to be better than b and c, and none of these is shown to be "
                "better than another of them.",
                "Shown to be worse than some other: a.",
                "Of 3 pairs: 2 told apart, 1 without a difference that could be shown.",
            ],
        ),
    ],
)
def test_no_more_is_concluded_than_the_pairs_say(words, expected):
    assert conclusion(judgement(words)) == expected


def test_one_who_is_unbeaten_and_does_not_beat_all_is_not_called_the_best():
    found = judgement(["better", "equivalent", "worse"])
    cells = (*found.cells[:2], judged_cell("c", 1.0, 1.1, 1.2))
    pairs = (found.pairs[0], pair("a", "c", "equivalent"), pair("b", "c", "better"))
    assert conclusion(replace(found, cells=cells, pairs=pairs))[0] == (
        "Nobody is shown to be better than a, which is better than 1 of the 2 others."
    )


def test_a_task_without_results_and_one_with_a_single_one_conclude_nothing():
    nothing = judgement([], "", cells=(judged_cell("a"),))
    assert conclusion(nothing) == [
        "No experiment of this task has a result, so nothing can be concluded."
    ]
    alone = judgement([], "a", floor=0.9, cells=(judged_cell("a", 1.0, gap=0.1),))
    assert conclusion(alone) == [
        "a stands alone: there is nothing to compare it with.",
        "The best mean, that of a, is 0.100 bits above the best possible value of 0.900.",
    ]


@pytest.mark.parametrize(
    ("gap", "where"),
    [
        (0.0, "is the best possible value of 0.900."),
        (-0.0001, "is less than 0.001 bits from the best possible value of 0.900."),
        (0.0004, "is less than 0.001 bits from the best possible value of 0.900."),
        (-0.01, "is 0.010 bits better than the best possible value of 0.900."),
    ],
)
def test_the_best_mean_at_the_floor_and_beyond_it(gap, where):
    alone = judgement([], "a", floor=0.9, cells=(judged_cell("a", 0.9 + gap, gap=gap),))
    assert conclusion(alone)[1] == f"The best mean, that of a, {where}"


def test_all_who_share_the_best_mean_are_named():
    cells = tuple(
        judged_cell(name, 1.0, gap=gap) for name, gap in zip("abc", (0.1, 0.2, 0.1), strict=True)
    )
    assert conclusion(judgement(["equivalent"] * 3, floor=0.9, cells=cells))[-1] == (
        "The best means, those of a and c, are 0.100 bits above the best possible value of 0.900."
    )


def test_only_the_pairs_that_were_asked_for_are_told_one_by_one():
    some = replace(judgement(["better"] * 3), pairs=(pair("a", "c", "better"),))
    assert conclusion(some)[0] == "a better c."


def test_what_cannot_be_concluded_is_named_whatever_it_is():
    cells = (
        judged_cell("a", 1.0, n_asked=1),
        judged_cell("b", None, 1.0),
        judged_cell("c", troubles=("metrics.json: missing.",)),
    )
    found = judgement(
        ["better", "cannot say", "cannot say"],
        cells=cells,
        question=replace(QUESTION, region=None),
        set_aside=(SetAside("source-d", "d", ("other rules",)),),
    )
    assert limits(found)[:-1] == [
        "One seed only: a. How far a score moves with the seed is then unknown, so nothing is said "
        "of the families; what is said of these very fits stands beside each pair.",
        "b called something impossible that stands in the test split (1 of 2 seeds): its score is "
        "infinitely bad, and has no mean.",
        "b: 1 of 3 seeds left no score, and what the others say may flatter it.",
        "c left no score at all (3 seeds): metrics.json: missing.",
        "d is in no table with the others: other rules.",
        "The question names no region of practical equivalence, so nothing can be called equal.",
    ]
    assert limits(found)[-1].startswith("All of this speaks of other seeds")


def test_the_widest_difference_that_is_not_excluded_is_told():
    found = judgement(["better"] * 3)
    open_pairs = (
        pair("a", "b", "no difference shown", low=-0.05, high=0.02),
        pair("a", "c", "no difference shown", low=-0.01, high=0.03),
        pair("b", "c", "better"),
    )
    assert limits(replace(found, pairs=open_pairs))[0] == (
        "Not told apart, which is not to say equal: a and b; a and c. Between a and b a difference "
        "of up to 0.050 is not excluded."
    )


def test_the_question_is_told_with_unit_direction_and_region():
    assert asked(judgement(["better"] * 3)) == (
        "Asked beforehand: bits per symbol (bits; lower is better); a difference of at most 0.01 "
        "does not matter. 3 pairs compared, with Holm's correction for all of them at 95 %."
    )
    against = replace(QUESTION, baseline="source-a", region=None, n_pairs=1)
    assert asked(judgement(["better"] * 3, question=against)) == (
        "Asked beforehand: bits per symbol (bits; lower is better). 1 pair compared, each against "
        "a, with Holm's correction for all of them at 95 %."
    )


def test_an_error_silences_every_conclusion():
    found = judgement(["better"] * 3, errors=("a beats the floor.",))
    assert conclusion(found) == [
        "a beats the floor.",
        "Nothing is concluded until that is explained.",
    ]


def test_a_paragraph_is_made_of_the_sentences_and_a_table_without_a_question_has_none():
    cells = [cell(name, [1.0, 1.1]) for name in "abc"]
    found = judgement(["better"] * 3)
    (table,) = tables([replace(BITS, judgement=found)], cells)
    assert verdict(table) == " ".join(conclusion(found))
    assert caveat(table).startswith(asked(found))
    assert "± is half of a 95 % Student t interval" in caveat(table)
    (silent,) = tables([LABELS], [cell("a", [1.0], LABELS)])
    assert (
        verdict(silent) == "Nothing was asked of these scores, so nothing is concluded from them."
    )


def test_pairs_are_rows_of_words_and_rows_of_numbers():
    known = pair(
        "a", "b", "better", low=0.05, high=0.15, corrected=0.0002, better=0.9, equal=0.1, worse=0.0
    )
    unknown = pair("a", "c", "cannot say")
    found = replace(judgement(["better"] * 3), pairs=(known, unknown))
    first, second = judged_pair_rows(found)
    assert len(first) == len(PAIRS)
    assert first[:7] == (
        "a",
        "b",
        "better",
        "+0.100",
        "+0.050 to +0.150",
        "< 0.001",
        "0.90, 0.10, 0.00",
    )
    assert second[2:] == ("cannot say", *["–"] * 6)
    rows = list(csv.DictReader(io.StringIO(pairs_csv(found))))
    assert (rows[0]["one"], rows[0]["low"], rows[1]["low"]) == ("source-a", "0.05", "")
