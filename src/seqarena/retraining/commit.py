"""What a retraining changed, committed to Git: the lock of DVC, its imports, and metrics."""

from pathlib import Path

from seqarena.errors import SeqarenaError
from seqarena.retraining.context import Context
from seqarena.retraining.processes import run_group


def commit_results(context: Context, message: str) -> str | None:
    """Commit dvc.lock, the imports and the metrics; nothing else that lies around changed.

    Returns:
        The commit; None: nothing of them changed.

    Raises:
        SeqarenaError: Git refuses.
    """
    root = context.workspace.root
    wanted = [
        "dvc.lock",
        *context.config.imports,
        *(f"runs/{name}/metrics.json" for name in context.config.experiments),
    ]
    paths = [path for path in wanted if (root / path).exists()]
    _git(root, "add", "--", *paths)
    if not _git(root, "diff", "--cached", "--name-only", "--", *paths):
        return None
    _git(root, "commit", "--quiet", "--message", message, "--only", "--", *paths)
    return _git(root, "rev-parse", "HEAD")


def _git(root: Path, *arguments: str) -> str:
    done = run_group(["git", "-C", str(root), *arguments])
    if done.code != 0:
        raise SeqarenaError(
            f"`git {arguments[0]}` in {root} ended with code {done.code}: {done.output.strip()} "
            "The decision stands; see to Git, and run again with --commit."
        )
    return done.output.strip()
