"""The Free Spoken Digit Dataset: ten English digits, six speakers, fifty recordings of each."""

import re
import wave
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import Float

from seqarena.data.published.archives import read_members
from seqarena.data.published.checked_files import published_file
from seqarena.data.published.sound import FSDD
from seqarena.data.speech_features import RATE
from seqarena.errors import DataError

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
_NAME = re.compile(r"([0-9])_([a-z]+)_([0-9]+)\.wav")


@dataclass(frozen=True)
class Recording:
    """One digit, said once."""

    digit: int
    speaker: str
    sound: Float[np.ndarray, "samples"]
    """-1 to 1, at 8 kHz."""
    take: int
    """Number of the recording among those of this speaker and digit, from 0."""


def read_fsdd() -> list[Recording]:
    """Return all recordings, by digit, speaker and number.

    Raises:
        DataError: the archive is missing or another one.
    """
    return read_archive(published_file(FSDD, "recordings.tar.gz"))


def read_archive(path: Path) -> list[Recording]:
    """Read `digit_speaker_number.wav` out of an archive, in memory: nothing is unpacked to disk.

    Raises:
        DataError: as `read_members`; or a file has another name, or is not mono sound of 16 bits at
            8 kHz.
    """
    found = {}
    for member, content in read_members(path, lambda _: True):
        name = _NAME.fullmatch(member)
        if name is None:
            raise DataError(
                f"{path}: member {member!r} is not a recording; expected files named "
                "digit_speaker_number.wav."
            )
        digit, speaker, number = name.groups()
        key = (int(digit), speaker, int(number))
        sound = _sound(content, f"{path}: {member}")
        found[key] = Recording(int(digit), speaker, sound, int(number))
    return [found[key] for key in sorted(found)]


def _sound(content: bytes, where: str) -> Float[np.ndarray, "samples"]:
    try:
        with wave.open(BytesIO(content)) as file:
            shape = (file.getnchannels(), 8 * file.getsampwidth(), file.getframerate())
            samples = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise DataError(f"{where}: not a WAV file ({error}); download the archive again.") from None
    if shape != (1, 16, RATE):
        raise DataError(f"{where}: {shape[0]} channels of {shape[1]} bits at {shape[2]} Hz; "
                        f"expected 1 of 16 bits at {RATE} Hz.")  # fmt: skip
    return (np.frombuffer(samples, dtype="<i2") / 32768.0).astype(np.float32)
