"""The champion: which version it is, and the files by which it is judged again."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from seqarena.errors import ArtifactError
from seqarena.families.catalogue import AnyFamily
from seqarena.families.store import load_family, read_config
from seqarena.retraining.data_version import DataVersion, read_kept
from seqarena.retraining.decision import Contestant
from seqarena.retraining.home import RetrainingHome
from seqarena.retraining.package import DATA, PACKAGE, fit_in
from seqarena.retraining.registry import Registry


@dataclass(frozen=True)
class Champion:
    """What serves."""

    version: str
    decision: str | None
    package: Path

    def load(self) -> tuple[AnyFamily, DataVersion]:
        """Return the model, and the data that it was fitted to and judged on.

        Raises:
            ArtifactError: a file is missing, truncated or altered.
        """
        return load_family(fit_in(self.package)), read_kept(self.package / DATA)

    def as_contestant(self) -> Contestant:
        """Return it as a decision names it."""
        told = read_config(fit_in(self.package))[0]["provenance"]
        facts = (str(told["experiment"]), int(told["seed"]), str(told["fingerprint"]))
        return Contestant(*facts, dict(told["data"]), self.version, self.decision)


def find_champion(registry: Registry, home: RetrainingHome) -> Champion | None:
    """Return what serves, its files at hand; None: nothing does.

    Raises:
        ArtifactError: its files are neither here nor in the registry.
    """
    number = registry.serving()
    if number is None:
        return None
    version = registry.version(number)
    own = home.decision(version.decision or "") / PACKAGE
    if version.decision and fit_in(own).is_dir():
        return Champion(number, version.decision, own)
    if version.run_id is None:
        raise ArtifactError(
            f"{registry.model} version {number}: belongs to no run, so its files cannot be had; "
            "roll back to a version that a retraining made (`seqarena versions`)."
        )
    fetched = home.folder / "fetched" / number
    if not fetched.is_dir():
        with tempfile.TemporaryDirectory(dir=home.folder) as scratch:
            registry.fetch(version.run_id, PACKAGE, Path(scratch) / number)
            fetched.parent.mkdir(exist_ok=True)
            (Path(scratch) / number).rename(fetched)
    return Champion(number, version.decision, fetched / PACKAGE)
