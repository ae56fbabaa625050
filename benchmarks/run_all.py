"""Run every benchmark, one process after the other, and collect their tables in one page.

    make bench            # sets the peers up beside the project, then runs this

Each benchmark stands in a file of its own, prints its table and writes it to `results/`. What a
machine lacks (a peer, a data file) is left out there, and said.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = ("hidden_markov", "gaussian_mixture", "kneser_ney", "stepwise_em", "decoding")


def main() -> None:
    """Run all, print all, and write `results/summary.md`; the exit code tells of failures."""
    failed = [name for name in BENCHMARKS if not _run(name)]
    pages = [HERE / "results" / f"{name}.md" for name in BENCHMARKS if name not in failed]
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
