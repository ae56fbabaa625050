"""Run every benchmark, one process after the other, and collect their tables in one page.

    make bench            # sets the peers up beside the project, then runs this

Each benchmark stands in a file of its own, prints its table and writes it to `results/`. What a
machine lacks (a peer, a data file) is left out there, and said; the page holds what this run wrote.
"""

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = (
    "hidden_markov",
    "gaussian_mixture",
    "kneser_ney",
    "stepwise_em",
    "part_of_speech",
    "attention",
    "recurrent",
    "decoding",
    "training",
    "kept_memory",
    "where_it_looked",
    "capture",
    "influence",
    "diagnostics",
    "viewer",
    "serving",
    "judgement",
    "trust",
)


def main() -> None:
    """Run all, print all, and write `results/summary.md`; the exit code tells of failures."""
    began = time.time()
    failed = [name for name in BENCHMARKS if not _run(name)]
    written = [HERE / "results" / f"{name}.md" for name in BENCHMARKS if name not in failed]
    # What was left out may have a page of an earlier run.
    pages = [page for page in written if page.exists() and page.stat().st_mtime >= began]
    summary = HERE / "results" / "summary.md"
    summary.write_text("\n".join(page.read_text() for page in pages))
    print(f"{summary}: {len(pages)} tables")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}; run each alone to see why.")


def _run(name: str) -> bool:
    command = [sys.executable, str(HERE / f"{name}.py")]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    main()
