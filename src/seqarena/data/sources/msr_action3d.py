"""MSR-Action3D: twenty actions of ten persons in front of a depth camera, as skeletons."""

import re
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np

from seqarena.data.published.archives import read_members
from seqarena.data.published.checked_files import published_file
from seqarena.data.published.record import Published
from seqarena.data.published.skeletons import MSR_ACTION3D
from seqarena.data.sources.skeletons import (
    N_JOINTS,
    Action,
    Described,
    Joints,
    SkeletonConfig,
    skeleton_source,
)
from seqarena.data.sources.source_data import SourceData
from seqarena.errors import DataError

_SKELETONS = "real_world_coordinates.tar.gz"
_LISTED = "files_used_in_cvpr12_paper.txt"
ACTIONS = (
    "high arm wave",
    "horizontal arm wave",
    "hammer",
    "hand catch",
    "forward punch",
    "high throw",
    "draw x",
    "draw tick",
    "draw circle",
    "hand clap",
    "two hand wave",
    "side boxing",
    "bend",
    "forward kick",
    "side kick",
    "jogging",
    "tennis swing",
    "tennis serve",
    "golf swing",
    "pick up and throw",
)
"""By their published number, from 1."""

ActionSet = Literal["all", "AS1", "AS2", "AS3"]
NUMBERS: dict[ActionSet, tuple[int, ...]] = {
    "all": tuple(range(1, 21)),
    "AS1": (2, 3, 5, 6, 10, 13, 18, 20),
    "AS2": (1, 4, 7, 8, 9, 11, 12, 14),
    "AS3": (6, 14, 15, 16, 17, 18, 19, 20),
}
"""Li et al. (2010), Table 1: sets 1 and 2 hold actions that look alike, set 3 complex ones."""

_HIP, _SHOULDERS = 6, 2
_COLUMNS = 4
_NAME = re.compile(r"(a([0-9]{2})_s([0-9]{2})_e[0-9]{2})_skeleton3D\.txt")


class MsrAction3dConfig(SkeletonConfig):
    """The 557 usual sequences of a published data set (`seqarena data show msr_action3d`).

    Persons of even number test by default: the cross-subject protocol.
    """

    kind: Literal["msr_action3d"]
    actions: ActionSet = "all"
    """All twenty actions, or one of the three published sets of eight."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (MSR_ACTION3D,)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_msr_action3d(self)


def read_msr_action3d(config: MsrAction3dConfig) -> SourceData:
    """Read the listed sequences of the chosen actions.

    Raises:
        DataError: a file is not there or not the published one, or as `read_skeletons`.
    """
    listed = set(published_file(MSR_ACTION3D, _LISTED).read_text(encoding="ascii").split())
    numbers = NUMBERS[config.actions]
    described = Described(
        class_names=tuple(ACTIONS[number - 1] for number in numbers),
        provenance=MSR_ACTION3D.provenance(
            f"MSR-Action3D, skeletons in world coordinates ({MSR_ACTION3D.official[0]})",
            _SKELETONS,
            _LISTED,
        ),
        protocol={
            "actions": config.actions,
            "sequences": f"the 557 of {_LISTED}",
        },
    )
    actions = read_skeletons(published_file(MSR_ACTION3D, _SKELETONS), listed, numbers)
    return skeleton_source(actions, config, described, _HIP, _SHOULDERS)


def read_skeletons(path: Path, listed: set[str], numbers: tuple[int, ...]) -> list[Action]:
    """Read `aAA_sSS_eEE_skeleton3D.txt` out of an archive, in memory: nothing is unpacked to disk.

    Args:
        path: of the archive.
        listed: names, without their ending, of the sequences to take.
        numbers: of the actions to take; their places here are the labels.

    Raises:
        DataError: as `read_members`; or a file has another name, does not hold skeletons, or a
            listed sequence is missing.
    """
    found = {}
    for member, content in read_members(path, lambda _: True):
        name = _NAME.fullmatch(member)
        if name is None:
            raise DataError(
                f"{path}: member {member!r} is not a skeleton; expected files named "
                "aAA_sSS_eEE_skeleton3D.txt."
            )
        id_, action, subject = name.group(1), int(name.group(2)), int(name.group(3))
        if id_ in listed and action in numbers:
            joints = _joints(content, f"{path}: {member}")
            found[id_] = Action(id_, subject, numbers.index(action), joints)
    missing = sorted(each for each in listed - set(found) if int(each[1:3]) in numbers)
    if missing:
        raise DataError(
            f"{path}: {len(missing)} listed sequences are missing, the first {missing[0]!r}; "
            "complete the archive."
        )
    return [found[id_] for id_ in sorted(found)]


def _joints(content: bytes, where: str) -> Joints:
    """Parse 20 lines a frame: x, y, z and the camera's confidence, which is left out."""
    try:
        numbers = np.loadtxt(BytesIO(content), ndmin=2)
    except ValueError as error:
        raise DataError(f"{where}: not a table of numbers ({error}).") from None
    if numbers.shape[1] != _COLUMNS or len(numbers) % N_JOINTS or not len(numbers):
        raise DataError(
            f"{where}: {numbers.shape[0]} lines of {numbers.shape[1]} numbers; expected 4 numbers "
            "for each of 20 joints, frame after frame."
        )
    joints: np.ndarray = numbers.reshape(-1, N_JOINTS, _COLUMNS)[..., :3]
    return joints
