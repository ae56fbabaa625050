"""Where the checkout is; a module that imports nothing heavy."""

import os
from pathlib import Path


def checkout() -> Path:
    """Return the top of the checkout, wherever DVC runs its stages; `.` where that is here.

    DVC sets DVC_ROOT to the original checkout even while it runs an experiment in a copy. In the
    workspace of a suite, `dvc.yaml` is a link into the checkout.
    """
    top = (Path(os.environ.get("DVC_ROOT", ".")) / "dvc.yaml").resolve().parent
    return Path() if top == Path.cwd() else top
