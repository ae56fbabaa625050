import pytest

from seqarena.retraining.schedule.printed import hidden, inert, last_lines, reason


@pytest.fixture
def log(tmp_path):
    def write(content: bytes):
        path = tmp_path / "log"
        path.write_bytes(content)
        return path

    return write


def test_the_last_twenty_lines_are_kept(log):
    assert last_lines(log(b"".join(b"%d\n\n" % n for n in range(50)))) == tuple(
        str(n) for n in range(30, 50)
    )


def test_of_a_log_without_an_end_only_the_end_is_read(log):
    lines = last_lines(log(b"x" * 5_000_000 + b"\nlast\n"))
    assert lines[-1] == "last"
    assert len(lines[0]) == 500


def test_a_progress_bar_is_what_stands_there_at_the_end(log):
    assert last_lines(log(b" 10%\r 50%\r100%\r\nready\r\n")) == ("100%", "ready")


def test_bytes_that_are_no_text_do_no_harm(log):
    assert last_lines(log(b"\xff\xfe ok\n")) == ("\ufffd\ufffd ok",)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://evil\x1b\\link", "link"),
        ("a\x08\x00b\x9bc", "abc"),
        ("abc\u202edef", "abcdef"),
        ("two\nlines", "two lines"),
        ("ü 語", "ü 語"),
    ],
)
def test_what_steers_a_terminal_is_taken_out(text, shown):
    assert inert(text) == shown


def test_the_longest_secret_is_hidden_first(log):
    assert hidden("at hook/long and hook", ["hook", "hook/long", ""]) == "at *** and ***"
    assert last_lines(log(b"token=hunter2\n"), ["hunter2"]) == ("token=***",)


@pytest.mark.parametrize(
    ("code", "lines", "why"),
    [
        (0, ("promoted version 3",), "promoted version 3"),
        (0, (), "it printed nothing"),
        (4, ("12 rows lack a label",), "exit code 4: 12 rows lack a label"),
        (-9, ("epoch 3",), "ended by signal 9 (Killed), perhaps for want of memory: epoch 3"),
        (-15, (), "ended by signal 15 (Terminated): it printed nothing"),
    ],
)
def test_the_reason_is_in_a_line(code, lines, why):
    assert reason("", code, lines) == why


def test_a_cause_that_is_known_comes_before_what_was_printed():
    assert reason("it took too long", -15, ("epoch 3",)) == "it took too long"
