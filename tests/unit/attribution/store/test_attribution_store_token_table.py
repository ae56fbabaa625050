from seqarena.attribution.probes import Probe
from seqarena.attribution.store.token_table import token_table
from seqarena.data.alphabet import UNKNOWN


def test_every_symbol_has_a_row_that_says_what_it_is():
    probe = Probe(
        0,
        "a/b",
        2,
        steps=("x", UNKNOWN),
        outputs=("y", "<end>"),
        step_tokens=(4, 0),
        output_tokens=(1, 2),
        end_token=2,
    )
    assert token_table((probe,)).to_pydict() == {
        "example_id": ["a/b"] * 4,
        "side": ["input", "input", "output", "output"],
        "pos": [0, 1, 0, 1],
        "token_id": [4, 0, 1, 2],
        "text": ["x", UNKNOWN, "y", "<end>"],
        "is_special": [False, False, False, True],
        "is_unk": [False, True, False, False],
    }


def test_the_end_of_a_line_is_special_and_frames_have_no_row():
    probes = (Probe(0, "line", 1, steps=("<eos>",), step_tokens=(5,)), Probe(1, "frames", 3))
    table = token_table(probes)
    assert table["is_special"].to_pylist() == [True]
