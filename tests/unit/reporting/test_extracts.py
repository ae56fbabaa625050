"""Tables that are taken out of a written report."""

from seqarena.reporting.extracts import extract

REPORT = """# Comparison

- seeds: 0

Every task at a glance:

| task | best mean |
| :-- | :-- |
| dates | gru |

What may be concluded:

- dates: gru has the best mean.

![everything](figures/everything.png)

## dates

Dates.

| experiment |
| :-- |
| **gru** |

gru has the best mean.

Pair by pair:

| first | second |
| :-- | :-- |
| gru | lstm |


Beside published figures:

| figure |
| :-- |
| accuracy |

![quality on dates](figures/dates-quality.png)

Where each of them looked, on the same example:

![attention on dates](figures/dates-attention.png)

Mechanism against effect ([the maps](attention/dates.html)):

| experiment | distance |
| :-- | --: |
| gru | 0.1 |

## vowels

| experiment |
| :-- |
| **hmm** |
"""


def test_scores_alone():
    assert extract(REPORT, ("scores",)) == [
        *["### dates", "", "Dates.", "", "| experiment |", "| :-- |", "| **gru** |", ""],
        *["gru has the best mean.", "", "### vowels", ""],
        *["| experiment |", "| :-- |", "| **hmm** |"],
    ]


def test_tasks_without_such_a_part_are_left_out():
    assert extract(REPORT, ("published",)) == [
        *["### dates", "", "Beside published figures:", ""],
        *["| figure |", "| :-- |", "| accuracy |"],
    ]


def test_links_lead_nowhere_from_another_page():
    assert extract(REPORT, ("maps",)) == [
        *["### dates", "", "Mechanism against effect:", ""],
        *["| experiment | distance |", "| :-- | --: |", "| gru | 0.1 |"],
    ]


def test_parts_stay_in_the_order_of_the_report():
    lines = extract(REPORT, ("scores", "published", "maps"))
    captions = [line for line in lines if line.endswith((":", "mean."))]
    assert captions == [
        "gru has the best mean.",
        "Beside published figures:",
        "Mechanism against effect:",
    ]
    assert not any(line.startswith("![") for line in lines)


def test_a_glance_is_the_best_of_every_task_and_what_may_be_concluded():
    glance = [
        *["| task | best mean |", "| :-- | :-- |", "| dates | gru |", ""],
        *["What may be concluded:", "", "- dates: gru has the best mean."],
    ]
    assert extract(REPORT, ("glance",)) == glance
    assert extract(REPORT, ("glance", "published"))[: len(glance) + 2] == [*glance, "", "### dates"]
    assert extract("# Comparison\n\n## dates\n", ("glance",)) == []


def test_pairs_are_a_part_of_their_own():
    assert extract(REPORT, ("pairs",)) == [
        *["### dates", "", "Pair by pair:", ""],
        *["| first | second |", "| :-- | :-- |", "| gru | lstm |"],
    ]


def test_a_search_is_a_part_of_its_own():
    searched = (
        "Random search:\n\n| trials |\n| --: |\n| 8 |\n\nEvery trial:\n\n| trial |\n| --: |\n| 0 |"
    )
    report = REPORT.replace("Beside published", f"{searched}\n\nBeside published")
    assert extract(report, ("pairs",)) == extract(REPORT, ("pairs",))
    assert extract(report, ("search",)) == ["### dates", "", *searched.splitlines()]
