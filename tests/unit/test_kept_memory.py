"""Memory that is kept between steps: what the kernel has to clear tells."""

import os
import platform
import subprocess
import sys

import pytest

ARRAYS, PAGES = 20, 10_000
# A page that was handed back must be faulted in, and cleared, again.
SCRIPT = f"""
import resource, sys
from seqarena.kept_memory import keep_memory

def fill():
    for _ in range({ARRAYS}):
        b"x" * ({PAGES} * resource.getpagesize())

kept = "keep" in sys.argv and keep_memory()
fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
fill()
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="not the GNU C library")


def told(*arguments, **environment):
    around = {name: said for name, said in os.environ.items() if "MALLOC" not in name}
    around.pop("GLIBC_TUNABLES", None)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        env={**around, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    kept, n_faults = done.stdout.split()
    return kept == "True", int(n_faults)


def test_arrays_of_a_step_are_filled_without_asking_the_kernel_again():
    kept, n_faults = told("keep")
    assert kept
    assert n_faults < told()[1] / 10


@pytest.mark.parametrize(
    "environment",
    [{"MALLOC_TRIM_THRESHOLD_": "1000"}, {"GLIBC_TUNABLES": "glibc.malloc.mmap_max=65536"}],
    ids=lambda each: next(iter(each)),
)
def test_what_the_environment_says_of_the_allocator_stands(environment):
    kept, n_faults = told("keep", **environment)
    assert not kept
    assert n_faults > told("keep")[1]
