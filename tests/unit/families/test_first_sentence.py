import pytest

from seqarena.data.subwords import learn_subwords
from seqarena.families.first_sentence import FirstSentence
from seqarena.schema import DataSchema

TEXTS = [
    "Mr. Smith paid 3.5 dollars. He left.",
    "Dr. J. Smith of the U.S. office, e.g. here, left! Why?",
    'He said "no." Then (see below.) he left.',
    "Write to a.b@c.com or not. Never mind the rest",
    "No end here",
]
SUBWORDS = learn_subwords(TEXTS, 200)
RULE = FirstSentence.of(
    DataSchema(
        "transduction",
        sentence_ends=SUBWORDS.sentence_ends,
        sentence_followers=SUBWORDS.sentence_followers,
        abbreviations=SUBWORDS.abbreviations,
    )
)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (TEXTS[0], "Mr. Smith paid 3.5 dollars."),
        (TEXTS[1], "Dr. J. Smith of the U.S. office, e.g. here, left!"),
        (TEXTS[2], 'He said "no.'),
        (TEXTS[3], "Write to a.b@c.com or not."),
        (TEXTS[4], TEXTS[4]),
        ("He left... Why?", "He left."),
        ("He left.", "He left."),
    ],
)
def test_a_stop_ends_a_sentence_at_the_end_of_a_word_that_is_no_abbreviation(text, first):
    (tokens,) = SUBWORDS.encode([text])
    assert SUBWORDS.write(RULE.cut(tokens.tolist())) == first


def test_a_schema_that_says_no_more_ends_a_sentence_at_any_stop():
    rule = FirstSentence.of(DataSchema("transduction", sentence_ends=(3,)))
    assert rule.cut([1, 3, 2, 3]) == [1, 3]
    assert rule.cut([1, 2]) == [1, 2]


def test_a_schema_keeps_the_rule_when_it_is_stored():
    schema = DataSchema(
        "transduction", sentence_ends=(3,), sentence_followers=(1, 2), abbreviations=((1, 3), (2,))
    )
    told = {
        name: [*map(list, each)] if name == "abbreviations" else each
        for name, each in schema.as_dict().items()
    }
    assert DataSchema.from_dict(told) == schema
