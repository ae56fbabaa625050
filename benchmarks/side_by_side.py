"""Contestants timed side by side: they alternate in one run, and the ratio of medians is told."""

import gc
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

RESULTS = Path(__file__).parent / "results"
# Length of a turn of work that is shorter [seconds].
_TURN = 0.02


@dataclass(frozen=True)
class Row:
    """One line of the table: a piece of work, done by us and by a peer."""

    work: str
    peer: str
    ours_seconds: float
    """Median of the rounds."""
    peer_seconds: float
    wanted: float
    """Least ratio that is good enough: peer's time over ours."""
    n_threads: int
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times longer the peer takes."""
        return self.peer_seconds / self.ours_seconds


def medians(contestants: Mapping[str, Callable[[], object]], n_rounds: int = 5) -> dict[str, float]:
    """Return the median wall time of one call of each contestant [seconds].

    Each is called twice unmeasured; then they take turns, so that a busy moment of the machine hits
    all. A turn of short work is many calls, as many for everyone: what the slowest does in 20 ms.
    So a loop of them is told, as a fit is one, and not a call alone after caches went cold.
    """
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for run in contestants.values():
        run()
    slowest = max(_seconds(run, 1) for run in contestants.values())
    n_calls = max(1, round(_TURN / slowest))
    for _ in range(n_rounds):
        for name, run in contestants.items():
            gc.collect()
            taken[name].append(_seconds(run, n_calls))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Let torch, and every library that the peers calculate with, use `n` threads meanwhile."""
    before = torch.get_num_threads()
    # numpy's and scipy's own pools, which torch does not know of.
    with threadpool_limits(n):
        torch.set_num_threads(n)
        yield
    torch.set_num_threads(before)


def machine() -> dict[str, str | int]:
    """Describe where the numbers come from."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in _cpu_lines()
            if line.startswith(("model name", "Model"))
        ),
        platform.processor() or platform.machine(),
    )
    return {
        "cpu": cpu,
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torch threads": torch.get_num_threads(),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "unset"),
    }


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table; a ratio below what is wanted is marked."""
    head = ["work", "peer", "peer [ms]", "ours [ms]", "ratio", "wanted", "threads", ""]
    lines = [head, [":--", ":--", "--:", "--:", "--:", "--:", "--:", ":--"]]
    for row in rows:
        short = "" if row.ratio >= row.wanted else "below"
        lines.append(
            [
                row.work,
                row.peer,
                _figures(1e3 * row.peer_seconds),
                _figures(1e3 * row.ours_seconds),
                _figures(row.ratio),
                f"{row.wanted:g}",
                str(row.n_threads),
                " ".join(part for part in (short, row.note) if part),
            ]
        )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def write(name: str, title: str, rows: list[Row]) -> str:
    """Write `results/<name>.md` and `.json` with the machine's description; return the table."""
    RESULTS.mkdir(exist_ok=True)
    where = machine()
    facts = ", ".join(f"{key} {value}" for key, value in where.items())
    text = f"# {title}\n\n{facts}\n\n{table(rows)}"
    (RESULTS / f"{name}.md").write_text(text)
    content = {"machine": where, "rows": [{**asdict(row), "ratio": row.ratio} for row in rows]}
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")
    return text


def _figures(number: float) -> str:
    """Return one digit after the point, or two below 10: 0.96 is not 1.0."""
    return f"{number:.{1 if abs(number) >= 10 else 2}f}"


def _seconds(run: Callable[[], object], n_calls: int) -> float:
    began = time.perf_counter()
    for _ in range(n_calls):
        run()
    return (time.perf_counter() - began) / n_calls


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
