"""A decision as a run of MLflow: told to a journal first, so that a dead server loses nothing."""

from pathlib import Path

from seqarena.retraining.decision import JOURNAL_FILE, PAGE_FILE, Decision
from seqarena.retraining.package import PACKAGE
from seqarena.tracking.journal import Journal, RunIdentity

_ALL = "both"
"""Test examples of the champion's data and of the new: every one that a decision is about."""


def run_of(decision: Decision) -> RunIdentity:
    """Return what the run of a decision is called, and how it is found again."""
    return RunIdentity(
        key=f"retraining/{decision.name}/{decision.identity}",
        name=f"{decision.name}/decision-{decision.identity}",
        experiment=decision.task,
        tags={"role": "decision", "task": decision.task, **decision.provenance},
        part="decision",
    )


def tell_decision(folder: Path, decision: Decision) -> None:
    """Journal a decision and the files in its folder; a package is stored with its promotion."""
    with Journal(folder / JOURNAL_FILE) as journal:
        journal.begin(run_of(decision))
        journal.tags(_tags(folder, decision))
        journal.metrics(decision.metrics, step=0)
        for name, digest in _data(decision).items():
            journal.dataset(f"{decision.task}/{name}", digest[:32], "evaluation", {})
        for path in sorted(folder.rglob("*")):
            parent = path.parent.relative_to(folder).as_posix()
            is_told = path.name == JOURNAL_FILE or parent.split("/")[0] == PACKAGE
            if path.is_file() and not is_told:
                journal.artifact(path, "" if parent == "." else parent)


def version_tags(decision: Decision) -> dict[str, str]:
    """Return what a version of the registry says of itself: where it is from, and how good it is.

    MLflow shows every tag of every version in one list, so that the scores are those on all
    examples alone; the run of the decision has all of them.
    """
    known = (f"{_ALL}/", "/challenger")
    scores = {
        name.removeprefix(known[0]).removesuffix(known[1]): f"{value:.6g}"
        for name, value in decision.metrics.items()
        if name.startswith(known[0]) and name.endswith(known[1])
    }
    return {"task": decision.task, **_own(decision), **_origin(decision), **scores}


def _own(decision: Decision) -> dict[str, str]:
    """Return which fit it is, and of which data."""
    if decision.challenger is None:
        return {}
    return {
        "experiment": decision.challenger.experiment,
        "seed": str(decision.challenger.seed),
        "fingerprint": decision.challenger.fingerprint,
        **{f"data.{split}": digest for split, digest in _data(decision).items()},
    }


def _origin(decision: Decision) -> dict[str, str]:
    """Return the commit, without MLflow's own name for it, which is for runs."""
    return {k: v for k, v in decision.provenance.items() if not k.startswith("mlflow.")}


def words_of(decision: Decision) -> str:
    """Return the description of a version, in Markdown."""
    gain = next((each.words for each in decision.verdicts if each.rule == "improvement"), "")
    changed = ", ".join(decision.changed)
    return f"{changed[:1].upper()}{changed[1:]} changed. Improvement: {gain}"


def _data(decision: Decision) -> dict[str, str]:
    return {} if decision.challenger is None else decision.challenger.data


def _tags(folder: Path, decision: Decision) -> dict[str, str]:
    verdict = "approved" if decision.promotes else "rejected"
    champion = decision.champion.version if decision.champion else None
    return {
        "verdict": verdict if decision.challenger else "data refused",
        "champion": champion or "none",
        **{f"gate.{each.rule}": each.result for each in decision.verdicts if _is_short(each.rule)},
        **_own(decision),
        "mlflow.note.content": (folder / PAGE_FILE).read_text(encoding="utf-8"),
    }


def _is_short(rule: str) -> bool:
    """Tell a rule from those of slices, whose names hold what the data calls its labels."""
    return not rule.startswith("slice ")
