"""What `seqarena compare` takes: an experiment with all its seeds, or runs in MLflow."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from seqarena.errors import ArtifactError, ConfigError, DataError
from seqarena.evaluation.predictions import PREDICTIONS_FILE, read_predictions
from seqarena.evaluation.protocol import PROTOCOL_FILE, Protocol, read_protocol
from seqarena.evaluation.stamp import Stamp
from seqarena.experiment.fitted import roots_of
from seqarena.experiment.layout import PARAMS_FILE, Workspace
from seqarena.experiment.question import Asked, QuestionConfig, read_asked, resolve
from seqarena.metrics.metric import judged_by
from seqarena.parsing import nearest
from seqarena.tracking.location import locate_store

_SEED = "seed-"
_ARTIFACTS = "evaluation"


@dataclass(frozen=True)
class Contestant:
    """One side of a comparison."""

    name: str
    protocols: tuple[Protocol, ...]
    """Of each seed."""
    predictions: tuple[pa.Table, ...]

    @property
    def protocol(self) -> Protocol:
        """The rules, the same for all seeds."""
        return self.protocols[0]


def find_contestant(named: str, workspace: Workspace) -> Contestant:
    """Find predictions by a name.

    Args:
        named: an experiment, of params.yaml or of a suite; or the ids of runs in MLflow, seeds of
            one experiment, with commas between them.
        workspace: where to look.

    Raises:
        ArtifactError: there is nothing of that name, or its files are not whole.
        DataError: its seeds came about under unlike rules, or a run is of no single seed.
    """
    for root in roots_of(workspace):
        folders = sorted((root / "runs" / named / "evaluation").glob(f"{_SEED}*"), key=_seed_of)
        if "/" not in named and folders:
            return _contestant(named, folders)
    ids = named.split(",")
    if all(len(each) == 32 and each.isalnum() for each in ids):
        return _of_store(ids, workspace)
    raise ArtifactError(_not_there(named, workspace))


def question_of(contestant: Contestant, workspace: Workspace) -> tuple[Asked, QuestionConfig]:
    """Return what the params.yaml of an experiment asks on its task; the headline if none does."""
    protocol = contestant.protocol
    for root in roots_of(workspace):
        try:
            suite, config = read_asked(root / PARAMS_FILE)
        except ConfigError:
            continue
        if protocol.experiment in suite.experiments:
            return resolve(config, suite, protocol.task, protocol.schema), config
    config = QuestionConfig()
    metric = judged_by(protocol.schema)[0]
    return Asked(protocol.task, metric, None, (), (), None), config


def refuse_unlike(one: Contestant, other: Contestant) -> Stamp:
    """Return the rules of both.

    Raises:
        DataError: they came about under unlike rules; says which.
    """
    unlike = one.protocol.stamp.unlike(other.protocol.stamp)
    if unlike:
        lines = "\n".join(f"  {line}" for line in unlike)
        raise DataError(
            f"{one.name} and {other.name} came about under unlike rules, so their numbers are not "
            f"to be compared:\n{lines}\nEvaluate both on the same task, prepared once."
        )
    return one.protocol.stamp


def _contestant(name: str, folders: list[Path]) -> Contestant:
    protocols = tuple(map(read_protocol, folders))
    first, *others = protocols
    for each in others:
        if unlike := first.stamp.unlike(each.stamp):
            raise DataError(
                f"{name}: seeds {first.seed} and {each.seed} came about under unlike rules "
                f"({'; '.join(unlike)}); evaluate the experiment again."
            )
        if each.experiment != first.experiment:
            raise DataError(
                f"{name}: holds runs of {first.experiment} and of {each.experiment}; give seeds of "
                "one experiment."
            )
    return Contestant(name, protocols, tuple(map(read_predictions, folders)))


def _of_store(ids: list[str], workspace: Workspace) -> Contestant:
    # A heavy import, which no other way of naming a contestant needs.
    from seqarena.tracking.mlflow_store import Store

    location = locate_store(workspace.home)
    database = location.database
    if database is not None and not database.exists():
        raise ArtifactError(f"{location}: there is no store of runs; run `seqarena sync`.")
    store = Store(location)
    with tempfile.TemporaryDirectory(prefix="seqarena-") as kept:
        folders = []
        for run_id in ids:
            folder = Path(kept) / run_id
            for file in (PREDICTIONS_FILE, PROTOCOL_FILE):
                if not store.download(run_id, f"{_ARTIFACTS}/{file}", folder / _ARTIFACTS):
                    raise ArtifactError(
                        f"MLflow run {run_id}: holds no {_ARTIFACTS}/{file}; give the run of one "
                        "seed that was evaluated (its name ends in seed-<n>)."
                    )
            folders.append(folder / _ARTIFACTS)
        found = _contestant("", folders)
    seeds = ", ".join(str(each.seed) for each in found.protocols)
    return Contestant(
        f"{found.protocol.experiment} (seed {seeds})", found.protocols, found.predictions
    )


def _seed_of(folder: Path) -> int:
    return int(folder.name.removeprefix(_SEED))


def _not_there(named: str, workspace: Workspace) -> str:
    homes = [path for root in roots_of(workspace) for path in root.glob("runs/*/evaluation")]
    names = sorted({path.parent.name for path in homes})
    hint = nearest(named, names) if names else "nothing is; run `seqarena repro`."
    return (
        f"{named!r} is no experiment that was evaluated under {workspace.runs}, and no run in "
        f"MLflow; {hint}"
    )
