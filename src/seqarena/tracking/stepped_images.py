"""Pictures of one thing at several steps, which MLflow shows under one slider.

MLflow recognises them by their names alone (`mlflow.log_image(key=..., step=...)`, 3.x). They are
ordinary files of the run here, so that a replay uploads each of them once.
"""

import hashlib
import io
import time
from pathlib import Path

from PIL import Image

from seqarena.tracking.checks import check_name
from seqarena.tracking.journal import Journal

FOLDER = "images"
LOGGED_IMAGES_TAG = "mlflow.loggedImages"
_SMALL_SIDE = 640
"""Of the copy that the charts show, large enough to read its letters [pixels]; MLflow takes 256."""


def is_image_told(folder: Path, key: str, step: int) -> bool:
    """Say whether the picture of a step lies in `folder` already."""
    return _written(folder, key, step) is not None


def tell_image(journal: Journal, folder: Path, key: str, step: int, png: bytes) -> None:
    """Write a picture into `folder`, and journal it; one that lies there is told again as it is.

    Args:
        journal: of the run; `folder` is below its own.
        folder: created when missing.
        key: what the picture shows, such as "maps/example 1": all steps share a slider.
        step: from 0.
        png: the picture.

    Raises:
        DataError: MLflow could not keep the key, or the folder is elsewhere.
    """
    check_name("image", key)
    large = _written(folder, key, step) or _write(folder, key, step, png)
    for file in (large, _small(large)):
        journal.artifact(file, FOLDER)
    journal.tags({LOGGED_IMAGES_TAG: "True"})


def _stem(key: str, step: int) -> str:
    return f"{key.replace('/', '~')}+step+{step}+timestamp+"


def _written(folder: Path, key: str, step: int) -> Path | None:
    """Return the picture, if both of its files are there: the large one is put last."""
    stem = _stem(key, step)
    return next((file for file in folder.glob("*.png") if file.name.startswith(stem)), None)


def _write(folder: Path, key: str, step: int, png: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    identity = hashlib.sha256(png).hexdigest()[:32]
    large = folder / f"{_stem(key, step)}{time.time_ns() // 1_000_000}+{identity}.png"
    with Image.open(io.BytesIO(png)) as opened:
        opened.thumbnail((_SMALL_SIDE, _SMALL_SIDE))
        opened.save(_small(large), method=0)
    part = large.with_suffix(".part")
    part.write_bytes(png)
    part.replace(large)
    return large


def _small(large: Path) -> Path:
    return large.with_name(f"{large.stem}+compressed.webp")
