"""A user's own pictures: a folder for each label."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float
from pydantic import Field, model_validator

from seqarena.data.manifest import Manifest
from seqarena.data.own.assembly import own_source
from seqarena.data.own.example import Example
from seqarena.data.own.files_source import about_frames, own_provenance, split_own
from seqarena.data.own.labelled_folders import LabelledFile, LabelledFoldersConfig
from seqarena.data.pictures import PictureView, as_steps
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.errors import DataError
from seqarena.seeds import numpy_generator

_MOST_PIXELS = 4096 * 4096

Steps = Float[np.ndarray, "steps dim"]


class ImageFolderConfig(LabelledFoldersConfig):
    """Pictures in a subfolder for each label, in grey values from 0 to 1."""

    endings = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
    input_kind = "frames"
    kind: Literal["image_folder"]
    size: tuple[int, int] | None = Field(default=None, strict=False)
    """Rows and columns that every picture is scaled to; none: they are of one size already."""
    view: Literal["rows", "regions", "pixels"] = "rows"
    """A step is a row, a region of `patch`, or a pixel."""
    patch: tuple[int, int] = Field(default=(4, 4), strict=False)
    """Rows and columns of a region, which divide those of a picture."""

    @model_validator(mode="after")
    def _something_to_see(self) -> "ImageFolderConfig":
        if min(*self.patch, *(self.size or (1, 1))) < 1:
            raise ValueError(f"size {self.size} and patch {self.patch}: every side is at least 1.")
        return self

    @property
    def has_regions(self) -> bool:
        """Say whether a step is a region."""
        return self.view == "regions"

    def frames_of(self, path: Path, manifest: Manifest) -> Steps:
        """Return the steps of a picture of somebody's own, scaled to the size of the others."""
        return picture_steps(path, _size(manifest), self.view, self.patch)

    def read(self) -> SourceData:
        """Make the three parts."""
        found, n_others = self.files()
        files: dict[Split, list[Example]] = {split: [] for split in found}
        size = self.size
        for split, own in found.items():
            for each in own:
                picture = read_picture(each.path, self.size)
                size = size or (picture.shape[0], picture.shape[1])
                if picture.shape != size:
                    raise DataError(
                        f"{each.path}: {picture.shape[0]} x {picture.shape[1]} pixels, and the "
                        f"first has {size[0]} x {size[1]}; set size: [rows, columns] for all."
                    )
                files[split].append(self._example(each, picture))
        splits, protocol = split_own(self, files)
        rows, columns = size or (1, 1)
        grid = (rows // self.patch[0], columns // self.patch[1])
        about = about_frames(
            "classification",
            own_provenance("pictures", self.own_paths),
            {
                **protocol,
                "group_pattern": self.group_pattern,
                "view": self.view,
                "size": f"{rows} x {columns}",
            },
            (grid, self.patch) if self.has_regions else None,
            {"files_passed_over": n_others},
        )
        return own_source(splits, about)

    def _example(self, file: LabelledFile, picture: np.ndarray) -> Example:
        sides = zip(picture.shape, self.patch, strict=True)
        if self.has_regions and any(side % own for side, own in sides):
            raise DataError(
                f"{file.path}: {picture.shape[0]} x {picture.shape[1]} pixels, which regions of "
                f"{self.patch[0]} x {self.patch[1]} do not divide; set another patch or size."
            )
        nothing_drawn = numpy_generator(0, "image_folder")
        (steps,) = as_steps(picture[None], self.view, self.patch, nothing_drawn)
        return Example(str(file.path), file.name, steps, label=file.label, group=file.group)


def read_picture(path: Path, size: tuple[int, int] | None) -> Float[np.ndarray, "rows columns"]:
    """Return the grey values of a picture, 0 to 1; of a moving one, of its first frame.

    Args:
        path: file.
        size: rows and columns; a picture of another size is scaled, bilinearly.

    Raises:
        DataError: it is no picture, or has more than sixteen million pixels.
    """
    from PIL import Image

    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise DataError(
                    f"{path}: {opened.height} x {opened.width} pixels, expected at most "
                    f"{_MOST_PIXELS}; scale it down."
                )
            grey: Any = opened.convert("L")
    except DataError:
        raise
    # What Pillow's decoders raise on bytes that are no picture, beside its own error.
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: no picture that can be read ({error}); save it as PNG.") from None
    if size is not None:
        grey = grey.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.asarray(grey, dtype=np.float32) / 255.0


def picture_steps(
    path: Path,
    size: tuple[int, int],
    view: PictureView,
    patch: tuple[int, int],
    order: np.random.Generator | None = None,
) -> Steps:
    """Return the steps of a picture, scaled to `size`.

    Args:
        path: file.
        size: rows and columns.
        view: what a step is.
        patch: rows and columns of a region.
        order: of `permuted` pixels.

    Raises:
        DataError: as `read_picture`.
    """
    picture = read_picture(path, size)
    drawn = order or numpy_generator(0, "image_folder")
    steps: np.ndarray = as_steps(picture[None], view, patch, drawn)[0]
    return steps


def _size(manifest: Manifest) -> tuple[int, int]:
    """Return the size that the protocol of the task says: "28 x 28"."""
    rows, columns = str(manifest.protocol["size"]).split(" x ")
    return int(rows), int(columns)
