"""The module that MLflow loads a packaged model with: no pickle, and nothing that is unverified.

Named by the model's `MLmodel` (`loader_module`). Whoever is not MLflow reads with `load_packaged`.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from seqarena.answering.answers import as_json
from seqarena.answering.fitted_task import FittedTask
from seqarena.answering.wanted import Wanted, usual_top_k
from seqarena.errors import ConfigError, DataError
from seqarena.retraining.serving.contents import read_contents
from seqarena.retraining.serving.rows import inputs_in

DATA_FOLDER = Path("data") / "model"
"""Where MLflow keeps our contents within a packaged model."""


def load_packaged(model: Path) -> FittedTask:
    """Return what a folder of a packaged model holds.

    Raises:
        ArtifactError: a file is missing, truncated or altered.
    """
    return read_contents(model / DATA_FOLDER)


class ServedModel:
    """What MLflow asks: rows in, answers out."""

    def __init__(self, fitted: FittedTask) -> None:
        self.fitted = fitted

    def predict(
        self, data: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Return an answer for each row, JSON-ready.

        Args:
            data: rows with `text` or `tokens`, or with `frames`; see `signature`.
            params: knobs of the question, as `Wanted` has them.

        Raises:
            MlflowException: the request cannot be answered (HTTP 400); the message names the row.
        """
        try:
            usual = {"top_k": usual_top_k(self.fitted.manifest.schema)}
            wanted = Wanted(**{**usual, **(params or {})})
            return [as_json(told) for told in self.fitted.answer(inputs_in(data), wanted)]
        except (DataError, ConfigError) as error:
            # Heavy for whoever only reads a model.
            from mlflow.exceptions import MlflowException

            raise MlflowException.invalid_parameter_value(str(error)) from error


def _load_pyfunc(path: str) -> ServedModel:
    """Load what `MLmodel` calls the model's data: MLflow's own name for this."""
    return ServedModel(read_contents(Path(path)))
