"""What a piece of work cost: wall time, processor time, memory."""

import resource
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """What was spent between a start and a stop, by this process with all its threads."""

    wall_seconds: float
    cpu_seconds: float
    """Processor time, summed over threads; child processes are not in it."""
    peak_memory_bytes: int
    """Largest resident set of the process since it began, not since the start."""


@dataclass(frozen=True)
class CostMeter:
    """A running meter.

    Examples:
        >>> meter = CostMeter.start()
        >>> cost = meter.stop()
        >>> cost.wall_seconds >= 0
        True
    """

    began_wall: float
    began_cpu: float

    @classmethod
    def start(cls) -> "CostMeter":
        """Return a meter that runs from now on."""
        return cls(began_wall=time.monotonic(), began_cpu=time.process_time())

    def stop(self) -> Cost:
        """Return the cost since the start; may be asked as often as one likes."""
        return Cost(
            wall_seconds=time.monotonic() - self.began_wall,
            cpu_seconds=time.process_time() - self.began_cpu,
            peak_memory_bytes=peak_memory_bytes(),
        )


def peak_memory_bytes() -> int:
    """Return the largest resident set of this process so far [bytes]."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts it in KiB, macOS in bytes.
    return peak if sys.platform == "darwin" else peak * 1024
