from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from seqarena.errors import ConfigError
from seqarena.parsing import parse, read_yaml

STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)


class Optimiser(BaseModel):
    model_config = STRICT
    learning_rate: float = Field(default=0.1, gt=0)


class Cat(BaseModel):
    model_config = STRICT
    kind: Literal["cat"]
    lives: int = Field(default=9, ge=1)
    dog: int = 0
    optimiser: Optimiser = Optimiser()


class Dog(BaseModel):
    model_config = STRICT
    kind: Literal["dog", "wolf"]
    teeth: int


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


def mistakes(kind, raw, at="pet"):
    with pytest.raises(ConfigError) as caught:
        parse(kind, raw, at)
    return caught.value.mistakes


def test_a_valid_mapping_becomes_the_record_of_its_kind():
    assert parse(Pet, {"kind": "wolf", "teeth": 42}, "pet") == Dog(kind="wolf", teeth=42)


def test_every_mistake_is_reported_at_once_with_its_dotted_key_and_the_remedy():
    raw = {"kind": "cat", "live": 3, "lives": 0, "optimiser": {"learning_rat": 1.0}}
    assert mistakes(Pet, raw) == [
        "pet.lives: got 0; input should be greater than or equal to 1.",
        "pet.optimiser.learning_rat: unknown; did you mean 'learning_rate'?",
        "pet.live: unknown; did you mean 'lives'?",
    ]


def test_a_field_that_is_spelled_like_a_kind_keeps_its_place_in_the_key():
    assert mistakes(Pet, {"kind": "cat", "dog": "yes"}) == [
        "pet.dog: got 'yes'; expected a whole number."
    ]


def test_an_unknown_kind_names_the_nearest():
    assert mistakes(Pet, {"kind": "wolff"}) == [
        "pet.kind: 'wolff' is not a kind; did you mean 'wolf'?"
    ]


def test_a_missing_kind_is_named():
    assert mistakes(Pet, {"teeth": 3}) == ["pet.kind: missing; every entry names its kind."]


def test_a_missing_field_is_named():
    assert mistakes(Pet, {"kind": "dog"}) == ["pet.teeth: missing; it has no default."]


class Places(BaseModel):
    model_config = STRICT
    devices: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"


def test_a_choice_among_plain_values_keeps_the_key_as_it_is_written():
    assert mistakes(Places, {"devices": 0}, "hardware") == [
        "hardware.devices: got 0; input should be greater than or equal to 1.",
        "hardware.devices: 0 is not allowed; expected 'auto'.",
    ]


def test_a_word_where_a_number_is_due_is_refused():
    assert mistakes(Optimiser, {"learning_rate": "1e-3"}, "optimiser") == [
        "optimiser.learning_rate: got '1e-3'; expected a number."
    ]


def test_numbers_in_scientific_notation_are_numbers(tmp_path):
    (tmp_path / "params.yaml").write_text("rate: 1e-3\nanswer: no\n")
    assert read_yaml(tmp_path / "params.yaml") == {"rate": 0.001, "answer": "no"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- 1\n", "expected a mapping of keys to values, got [1]."),
        ("a: [1\n", "not valid YAML"),
        ("a: 1\na: 2\n", "not valid YAML"),
        ("a: !!python/object/apply:os.system ['true']\n", "not valid YAML"),
    ],
)
def test_a_file_that_is_not_a_mapping_is_refused(tmp_path, text, complaint):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r".") as caught:
        read_yaml(path)
    assert str(caught.value).startswith(f"{path}: {complaint}")


def test_a_missing_file_says_where_to_run(tmp_path):
    with pytest.raises(ConfigError) as caught:
        read_yaml(tmp_path / "params.yaml")
    assert str(caught.value) == (
        f"{tmp_path / 'params.yaml'}: not found; run from the folder that holds it."
    )


class Picture(BaseModel):
    model_config = STRICT
    size: tuple[int, int] | None = Field(default=None, strict=False)
    names: list[str] = []
    is_grey: bool = True
    share: float = 0.5
    pet: Cat | None = None


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"size": 28}, "size: got 28; expected a list in square brackets."),
        ({"size": "28x28"}, "size: got '28x28'; expected a list in square brackets."),
        ({"size": [28, 28, 1]}, "size: got [28, 28, 1]; expected at most 2 entries."),
        ({"size": [28]}, "size: got [28]; expected more entries."),
        ({"names": "NA"}, "names: got 'NA'; expected a list in square brackets."),
        (
            {"names": [None]},
            "names: got None; expected text (in quotes, where it looks like something else).",
        ),
        ({"is_grey": "no"}, "is_grey: got 'no'; expected true or false."),
        ({"share": "1e-1"}, "share: got '1e-1'; expected a number."),
        ({"pet": "cat"}, "pet: got 'cat'; expected a mapping of keys to values."),
    ],
)
def test_a_value_of_another_kind_is_told_in_words_of_the_file(raw, said):
    assert mistakes(Picture, raw, "t") == [f"t.{said}"]
