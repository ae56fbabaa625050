"""MLflow's part that saves and loads models, without what it tells of itself meanwhile."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from seqarena.tracking.client_environment import client_environment

# MLflow would copy the lock file of whatever project stands in the present folder.
_MANNERS = {"MLFLOW_UV_AUTO_DETECT": "false"}


@contextmanager
def quiet_pyfunc() -> Iterator[ModuleType]:
    """Yield `mlflow.pyfunc`, a heavy import, which warns of its own type hints."""
    with client_environment(_MANNERS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow.pyfunc

        # Only now: the import sets the level itself.
        logger = logging.getLogger("mlflow")
        before = logger.level
        logger.setLevel(logging.ERROR)
        try:
            yield mlflow.pyfunc
        finally:
            logger.setLevel(before)
