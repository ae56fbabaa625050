import os
from pathlib import Path

import pytest

from published_scenes import refusal
from seqarena.data.lexicon import lexicon_of
from seqarena.data.published.checked_files import VARIABLE
from seqarena.data.published.labelled_text import UD_ENGLISH_EWT
from seqarena.data.sources.conllu import TaggedSentence, TaggedWord
from seqarena.data.sources.ud_english_ewt import (
    UdEnglishEwtConfig,
    read_ud_english_ewt,
    tagged_part,
    tags_of,
)
from seqarena.data.splits import Split
from seqarena.errors import DataError

TRAIN = [
    TaggedSentence("a", (TaggedWord("dogs", "NOUN", 1), TaggedWord("run", "VERB", 2))),
    TaggedSentence("b", (TaggedWord("run", "VERB", 4),)),
]
LEXICON = lexicon_of([["dogs", "run"], ["run"]], min_count=1, unknown="one")


def test_words_and_tags_become_numbers_and_sentences_keep_their_names() -> None:
    assert tags_of(TRAIN) == ("NOUN", "VERB")
    sequences = tagged_part(Path("x"), TRAIN, LEXICON, tags_of(TRAIN)).sequences
    assert sequences.ids == ("a", "b")
    assert sequences.values.tolist() == [1, 2, 2]
    assert sequences.tags is not None
    assert sequences.tags.tolist() == [0, 1, 1]


def test_a_tag_that_training_never_shows_is_named_with_file_line_and_word() -> None:
    odd = [TaggedSentence("c", (TaggedWord("dogs", "NOUN", 7), TaggedWord("oops", "INTJ", 8)))]
    with pytest.raises(DataError) as error:
        tagged_part(Path("dev.conllu"), odd, LEXICON, tags_of(TRAIN))
    assert str(error.value) == (
        "dev.conllu, line 8: 'oops' has tag 'INTJ', which does not occur in training (which has "
        "NOUN, VERB); no model can learn it."
    )


def test_without_a_mirror_it_is_said_where_the_files_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(DataError) as error:
        read_ud_english_ewt(UdEnglishEwtConfig(kind="ud_english_ewt"))
    assert str(error.value) == refusal(
        UD_ENGLISH_EWT, "en_ewt-ud-train.conllu", "SEQARENA_MIRROR is not set"
    )


@pytest.mark.slow
@pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} names no folder of published data sets"
)
def test_the_sizes_are_those_that_are_published() -> None:
    data = read_ud_english_ewt(UdEnglishEwtConfig(kind="ud_english_ewt"))
    sizes = {
        split: (len(part.sequences), part.sequences.n_steps) for split, part in data.parts.items()
    }
    assert sizes == {
        Split.TRAIN: (12_544, 204_577),
        Split.VALID: (2_001, 25_147),
        Split.TEST: (2_077, 25_094),
    }
    assert data.schema.n_tags == 17
    assert data.tag_names is not None
    assert data.tag_names[:3] == ("ADJ", "ADP", "ADV")
    assert data.counts["symbols_unknown_in_train"] == 0
