"""Becomes a command that does not outlive the scheduler: `python -m … PARENT_PID WORD…`.

The kernel is asked to end the process with its parent, and then the process becomes the command.
(The same request between fork and exec of a process with threads could wait for a lock for ever.)
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""Exit codes that shells use for a command that is not there, and one that cannot be run."""


def become(parent: int, words: list[str]) -> int:
    """Turn into the command; return an exit code only when that is impossible."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it went away before the kernel was asked
            return 128 + signal.SIGTERM
    # Python ignores these two, and what is ignored would stay so in the command.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvp(words[0], words)
    except FileNotFoundError as error:
        sys.stderr.write(f"{words[0]}: {error.strerror}.\n")
        return NOT_FOUND
    except OSError as error:
        sys.stderr.write(f"{words[0]}: {error.strerror}.\n")
        return NOT_EXECUTABLE


if __name__ == "__main__":
    sys.exit(become(int(sys.argv[1]), sys.argv[2:]))
