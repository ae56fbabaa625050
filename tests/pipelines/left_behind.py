"""Processes that a program has started and not ended."""

import os
import subprocess
import time


def processes_naming(words, patience=10.0):
    """Return the processes whose command line holds `words`, after some time to go."""
    until = time.monotonic() + patience
    while (found := _command_lines(words)) and time.monotonic() < until:
        time.sleep(0.2)
    return found


def _command_lines(words):
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True)
    own = str(os.getpid())
    return [line for line in listed.stdout.splitlines() if words in line and line.split()[0] != own]
