"""What a version of the registry is made of: the fit, and the data version that it is judged by."""

import shutil
from pathlib import Path

from seqarena.families.store import CONFIG_FILE, MODEL_FILE
from seqarena.retraining.data_version import DataVersion, keep_version

PACKAGE = "package"
FIT = "fit"
DATA = "data"
_FILES = (CONFIG_FILE, MODEL_FILE, "report.json")


def package(fit: Path, version: DataVersion, prepared: Path, out: Path) -> None:
    """Write the package of a fit: everything that answering, judging and going back need.

    `fit/` holds safetensors and JSON, `data/` the test split and the portrait of what was fitted.

    Args:
        fit: folder of the fit.
        version: the data that it was fitted to and judged on.
        prepared: folder of that data.
        out: made; must not be there.
    """
    (out / FIT).mkdir(parents=True)
    for name in _FILES:
        shutil.copy(fit / name, out / FIT / name)
    keep_version(version, prepared, out / DATA)


def fit_in(package: Path) -> Path:
    """Return the folder of the fit within a package."""
    return package / FIT
