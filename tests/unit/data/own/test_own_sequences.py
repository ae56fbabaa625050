"""Tagged sentences, pairs of lines and interactions of a user's own: written here, and read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqarena.data.splits import Split
from seqarena.errors import ConfigError, DataError
from seqarena.parsing import parse
from seqarena.tasks.config import TaskConfig
from seqarena.tasks.prepare import read_source

HALVES = {"valid_share": 0.25, "test_share": 0.25}


def read(task_kind, kind, path, **source):
    raw = {"kind": task_kind, "source": {"kind": kind, "path": str(path), **source}}
    return read_source(parse(TaskConfig, raw, "tasks.own"))


def complaint(*arguments, **named):
    with pytest.raises(DataError) as caught:
        read(*arguments, **named)
    return str(caught.value)


def said(data, split, row=0):
    tokens = data.parts[split].sequences.sequence(row)
    return [data.symbols[token] for token in tokens]


def sentence(*words):
    """Lines of CoNLL-U: form, universal tag, own tag."""
    lines = [
        f"{at}\t{form}\t_\t{upos}\t{xpos}\t_\t_\t_\t_\t_"
        for at, (form, upos, xpos) in enumerate(words, start=1)
    ]
    return "\n".join(lines) + "\n\n"


def test_sentences_bear_the_tags_of_the_column_that_is_asked_for(tmp_path):
    path = tmp_path / "own.conllu"
    path.write_text(
        "".join(sentence(("The", "DET", "DT"), (f"cat{n}", "NOUN", "NN")) for n in range(20))
    )
    universal = read("tagging", "conllu", path, split=HALVES)
    assert universal.tag_names == ("DET", "NOUN")
    own = read("tagging", "conllu", path, split=HALVES, column="xpos")
    assert own.tag_names == ("DT", "NN")
    assert own.parts[Split.TEST].sequences.tags[:2].tolist() == [0, 1]
    assert said(own, Split.TRAIN)[0] == "The"
    assert own.protocol["tags"] == "xpos"


def test_a_sentence_without_the_tag_and_a_file_that_is_no_text_are_refused(tmp_path):
    path = tmp_path / "own.conllu"
    path.write_text(sentence(("The", "DET", "_")))
    assert complaint("tagging", "conllu", path, column="xpos") == (
        f"{path}, line 1: word 'The' with tag '_'; each word needs a form (column 2) and a part of "
        "speech (column 5)."
    )
    path.write_bytes("1\tThe".encode("utf-16"))
    assert complaint("tagging", "conllu", path) == (
        f"{path}: begins with the byte-order mark of UTF-16; save the file as UTF-8 "
        "(in Excel: CSV UTF-8)."
    )


def test_line_n_of_one_file_is_turned_into_line_n_of_the_other(tmp_path):
    source, target = tmp_path / "own.en", tmp_path / "own.es"
    source.write_text("".join(f"good day {n}\n" for n in range(20)))
    target.write_text("".join(f"buen dia {n}\r\n" for n in range(20)), newline="")
    data = read(
        "transduction",
        "parallel_text",
        source,
        target_path=str(target),
        split=HALVES,
        target_unit="character",
    )
    for part in data.parts.values():
        for row, name in enumerate(part.sequences.ids):
            number = int(name.rpartition(":")[2]) - 1
            written = part.sequences.target.sequence(row)
            text = "".join(data.target_symbols[token] for token in written[:-1])
            assert text.replace("\ufffd", "") in f"buen dia {number}"
            assert written[-1] == len(data.target_symbols) - 1
    assert data.schema.target_unit == "character"
    assert said(data, Split.TRAIN)[:2] == ["good", "day"]


def test_files_that_do_not_belong_together_and_empty_lines_are_refused(tmp_path):
    source, target = tmp_path / "own.en", tmp_path / "own.es"
    source.write_text("one\ntwo\n")
    target.write_text("uno\n")
    ask = ("transduction", "parallel_text", source)
    assert complaint(*ask, target_path=str(target)) == (
        f"{source} has 2 lines and {target} 1; line n of one belongs to line n of the other."
    )
    target.write_text("uno\n \n")
    assert complaint(*ask, target_path=str(target)) == (
        f"{target}, line 2: is empty; take it out, and its counterpart of the other file."
    )
    with pytest.raises(ConfigError) as caught:
        read(*ask, target_path=str(target), test_path="test.en")
    assert str(caught.value) == (
        "tasks.own.source: test_path and test_target_path belong together; give both, or neither."
    )


def test_a_user_is_a_sequence_of_items_by_time_and_in_one_split(tmp_path):
    path = tmp_path / "own.csv"
    # Every user took three of seven items, written latest first, the lines of all users mixed.
    lines = [
        f"u{user},item{(user + at) % 7},2024-01-0{at + 1}" for at in (2, 1, 0) for user in range(20)
    ]
    path.write_text("\n".join(["user,item,time", *lines]))
    data = read("density", "interactions", path, split=HALVES)
    users = [name for part in data.parts.values() for name in part.sequences.ids]
    # The guard of `prepare` is told who each sequence is of.
    assert users == [group for part in data.parts.values() for group in part.groups]
    assert sorted(users) == sorted(f"u{user}" for user in range(20))
    for split, part in data.parts.items():
        for row, name in enumerate(part.sequences.ids):
            user = int(name.removeprefix("u"))
            assert said(data, split, row) == [f"item{(user + at) % 7}" for at in range(3)]
    # One more item moves nobody.
    path.write_text("\n".join(["user,item,time", *lines, "u3,item1,2024-02-01"]))
    again = read("density", "interactions", path, split=HALVES)
    homes = [
        {name: split for split, part in each.parts.items() for name in part.sequences.ids}
        for each in (data, again)
    ]
    assert homes[0] == homes[1]
    path.write_text("\n".join(["user,item,time", *lines, "u3,item1,later"]))
    assert complaint("density", "interactions", path).startswith(
        f"{path}, line 62, column 'time': 'later', expected a number or a date"
    )


def test_the_last_items_of_each_user_are_left_out_of_a_recommendation(tmp_path):
    path = tmp_path / "bought.csv"
    lines = [f"u{user},item{user + at},{at}" for at in (3, 0, 2, 1) for user in range(3)]
    path.write_text("\n".join(["user,item,time", *lines, "once,item0,1", "twice,item1,1"]))
    data = read("recommendation", "interactions", path)
    assert data.parts[Split.TEST].sequences.ids == ("u0", "u1", "u2")
    for user in range(3):
        bought = [f"item{user + at}" for at in range(4)]
        assert said(data, Split.TEST, user) == bought
        assert said(data, Split.VALID, user) == bought[:3]
        assert said(data, Split.TRAIN, user) == bought[:2]
    assert (data.counts["users_dropped"], data.counts["users"]) == (2, 3)
    assert data.protocol["candidates"] == "all"
    assert complaint("recommendation", "interactions", path, min_items=9) == (
        f"{path}: none of 5 users has 9 items, as min_items asks; lower it, or give more data."
    )


@pytest.mark.slow
@settings(max_examples=60)
@given(content=st.binary(max_size=60))
@pytest.mark.parametrize(
    ("task_kind", "kind"),
    [
        ("tagging", "conllu"),
        ("transduction", "parallel_text"),
        ("density", "interactions"),
        ("recommendation", "interactions"),
    ],
)
def test_hostile_bytes_are_refused_as_data(tmp_path_factory, task_kind, kind, content):
    path = tmp_path_factory.getbasetemp() / f"hostile.{kind}"
    path.write_bytes(content)
    more = {"target_path": str(path)} if kind == "parallel_text" else {}
    try:
        read(task_kind, kind, path, **more)
    except DataError as error:
        assert "hostile" in str(error) or "is left for it, split by" in str(error)
