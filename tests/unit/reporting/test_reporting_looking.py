from dataclasses import replace

from reporting_scenes import BITS, cell

from seqarena.reporting.looking import Looked, LookedPair, LookedTable, TaskLooking
from seqarena.reporting.markdown import markdown
from seqarena.reporting.records import comparison
from seqarena.reporting.report import whole_report
from seqarena.reporting.sheets.looking import looking_sheets
from seqarena.reporting.webpage import webpage

GRU = Looked("source-gru", "gru", 0.5, 0.125, 1.02, 0.31, 0.02, 0.5, 0.044, 0.105)
CHAIN = Looked("source-chain", "chain", 0.25, 0.0, None, None, None, None, None)
NEAR = LookedPair(
    "a", "b", 0.05, 0.004, -0.01, 0.02, 0.4, 0.0004, True, "different", "They differ."
)
FAR = LookedPair(
    "a", "c", 0.5, 0.4, None, None, None, None, False, "one seed", "Nothing <b>can</b>."
)
UNKNOWN = replace(FAR, other="d", difference=None)
LOOKING = TaskLooking(
    (GRU, CHAIN), (UNKNOWN, NEAR, FAR), "Few <i>seeds</i>.", "attention/source.html"
)
WHOLE = whole_report([replace(BITS, looking=LOOKING)], [cell("gru", [1.0, 1.1, 1.2])])


def test_numbers_are_told_with_a_dash_for_what_is_unknown():
    assert looking_sheets(LOOKING)[0].texts() == [
        ("gru", "0.500", "12.5 %", "1.020", "0.310", "0.020", "50.0 %", "0.044", "0.105"),
        ("chain", "0.250", "0.0 %", "–", "–", "–", "–", "–", "–"),
    ]


def test_pairs_stand_in_the_order_of_their_difference():
    assert looking_sheets(LOOKING)[1].texts() == [
        ("a and c", "0.500", "+0.400", "–", "–", "no", "one seed"),
        ("a and b", "0.050", "+0.004", "-0.010 to 0.020", "< 0.001", "yes", "different"),
        ("a and d", "0.500", "–", "–", "–", "no", "one seed"),
    ]


def test_every_form_of_the_report_has_both_tables_and_the_page():
    text = markdown(WHOLE)
    assert "Mechanism against effect ([the maps](attention/source.html)):" in text
    assert "| gru | 0.500 | 12.5 % | 1.020 |" in text
    page = webpage(WHOLE)
    assert '<a href="attention/source.html">' in page
    assert ">-0.010 to 0.020</td>" in page
    found = comparison(WHOLE)["tasks"]["source"]["looking"]
    assert found["cells"][0]["mechanism"] == 0.31
    assert found["pairs"][1]["corrected"] == 0.0004


def test_a_text_of_the_data_stays_text():
    assert "Few &lt;i&gt;seeds&lt;/i&gt;." in webpage(WHOLE)


def test_a_task_without_maps_says_nothing_of_them():
    bare = whole_report([BITS], [cell("gru", [1.0, 1.1, 1.2])])
    assert "Mechanism against effect" not in markdown(bare) + webpage(bare)
    assert comparison(bare)["tasks"]["source"]["looking"] is None


def test_a_single_experiment_has_no_pairs():
    alone = whole_report(
        [replace(BITS, looking=replace(LOOKING, pairs=()))], [cell("gru", [1.0, 1.1, 1.2])]
    )
    text = markdown(alone) + webpage(alone)
    assert "Mechanism against effect" in text
    assert "every two" not in text


GAIN = LookedTable("Context <gain>", ("family", "k = 0", "rows"), (("gru", 0.5, 1200),), "Nats.")
ALIGNED = replace(LOOKING, tables=(GAIN,), picture="attention/source-alignments.png")


def test_further_tables_and_the_picture_of_alignments_stand_in_every_form():
    unknown = replace(GAIN, rows=(("gru", None, 2),))
    assert looking_sheets(replace(LOOKING, tables=(unknown,)))[1].texts() == [("gru", "–", "2")]
    found = whole_report([replace(BITS, looking=ALIGNED)], [cell("gru", [1.0, 1.1, 1.2])])
    text, page = markdown(found), webpage(found)
    assert "| gru | 0.500 | 1,200 |" in text
    assert "![alignments side by side](attention/source-alignments.png)" in text
    assert "<summary>Context &lt;gain&gt; (1)</summary>" in page
    assert '<a href="attention/source-alignments.png">' in page
    told = comparison(found)["tasks"]["source"]["looking"]
    assert told["tables"][0]["rows"][0] == ("gru", 0.5, 1200)
    assert "alignments" not in markdown(WHOLE) + webpage(WHOLE)
