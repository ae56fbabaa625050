"""`protocol.json` beside predictions: what is needed to judge them again, far from their data."""

import json
from dataclasses import dataclass
from pathlib import Path

from seqarena.errors import ArtifactError
from seqarena.evaluation.stamp import Stamp
from seqarena.schema import DataSchema

PROTOCOL_FILE = "protocol.json"


@dataclass(frozen=True)
class Protocol:
    """Whose predictions they are, and under which rules they came about."""

    experiment: str
    task: str
    seed: int
    stamp: Stamp
    schema: DataSchema


def write_protocol(folder: Path, protocol: Protocol) -> Path:
    """Write the record into `folder`, and return the file; the same bytes for the same content."""
    content = {
        "experiment": protocol.experiment,
        "task": protocol.task,
        "seed": protocol.seed,
        "protocol": protocol.stamp.as_dict(),
        "schema": protocol.schema.as_dict(),
    }
    path = folder / PROTOCOL_FILE
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read_protocol(folder: Path) -> Protocol:
    """Read what `write_protocol` wrote.

    Raises:
        ArtifactError: it is missing, altered, or of another version.
    """
    path = folder / PROTOCOL_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Protocol(
            experiment=content["experiment"],
            task=content["task"],
            seed=content["seed"],
            stamp=Stamp.from_dict(content["protocol"], str(path)),
            schema=DataSchema.from_dict(content["schema"]),
        )
    except FileNotFoundError:
        raise ArtifactError(
            f"{path}: missing; the predictions beside it say not by which rules they came about. "
            "Evaluate the experiment again (`seqarena repro`)."
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise ArtifactError(
            f"{path}: is no protocol ({error!r}); evaluate the experiment again."
        ) from None
