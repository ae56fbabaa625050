"""What a run is called in MLflow, how it is found again, and which data it names."""

import hashlib
from pathlib import Path

from seqarena.data.manifest import Manifest
from seqarena.data.splits import Split
from seqarena.experiment.suite import Experiment
from seqarena.tracking.journal import Journal, RunIdentity
from seqarena.tracking.provenance import provenance_tags


def seed_run(experiment: Experiment, seed: int, fingerprint: str, part: str) -> RunIdentity:
    """Return the identity of one seed's run, which training begins and evaluation adds to.

    The run of a trial has the number of the trial in its name, in place of the seed.
    """
    trial = experiment.trial
    own = f"seed-{seed}" if trial is None else f"trial-{trial}"
    role = {"role": "seed"} if trial is None else {"role": "trial", "trial": str(trial)}
    return RunIdentity(
        key=f"{experiment.name}/{own}/{fingerprint}",
        name=f"{experiment.name}/{own}",
        experiment=experiment.task_name,
        tags={**describe(experiment), "seed": str(seed), **role},
        part=part,
    )


def aggregate_run(experiment: Experiment, fingerprints: list[str]) -> RunIdentity:
    """Return the identity of the run that holds means over seeds."""
    return RunIdentity(
        key=f"{experiment.name}/all-seeds/{digest_of(fingerprints)}",
        name=f"{experiment.name}/all-seeds",
        experiment=experiment.task_name,
        tags={**describe(experiment), "role": "aggregate"},
        part="aggregate",
    )


def digest_of(fingerprints: list[str]) -> str:
    """Return 16 hex digits that stand for several fits."""
    return hashlib.sha256("/".join(fingerprints).encode()).hexdigest()[:16]


def tell_data(journal: Journal, task: str, manifest: Manifest, split: Split, context: str) -> None:
    """Journal which data a run reads: MLflow shows it as the run's dataset."""
    facts = manifest.splits[split.value]
    schema = {"sequences": facts.n_sequences, "steps": facts.n_steps, **manifest.schema.as_dict()}
    journal.dataset(
        f"{task}/{split}", facts.content_sha256[:32], context, schema, manifest.source.description
    )


def describe(experiment: Experiment) -> dict[str, str]:
    """Return the tags by which runs are grouped and compared."""
    return {
        "experiment": experiment.name,
        "task": experiment.task_name,
        "task_kind": experiment.task.kind,
        "family": experiment.family.kind,
        "family_entry": experiment.family_name,
        "mechanism": experiment.family.mechanism,
        "engine": engine_of(experiment),
        **provenance_tags(Path.cwd()),
    }


def engine_of(experiment: Experiment) -> str:
    """Return which library fits the family: seqarena itself unless the settings say otherwise."""
    return str(getattr(experiment.family, "engine", "seqarena"))
