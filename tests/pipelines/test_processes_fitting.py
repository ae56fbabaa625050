import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from left_behind import processes_naming

PROGRAM = Path(__file__).parents[1] / "unit" / "fitting" / "fitting_program.py"


# Batches of 8: 37 end in a batch of 5, shared unevenly; 33 in a batch of 1, where all processes but
# the first have no example and take part without one.
SIZES = ["37", "33"]
N_PROCESSES = [2, 4]


def _results(folder, n_processes):
    folder.mkdir()
    command = [sys.executable, PROGRAM, "fits", folder, str(n_processes), *SIZES]
    done = subprocess.run(command, check=True, timeout=300, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")
    return json.loads((folder / "results.json").read_text())


@pytest.fixture(scope="module")
def fits(tmp_path_factory):
    """What one process and what several made of the same fits, twelve in each program."""
    folder = tmp_path_factory.mktemp("fits")
    results = {n: _results(folder / str(n), n) for n in (1, *N_PROCESSES)}
    for each in results.values():
        assert list(each) == list(results[1])
        assert len(each) == 12
    return results, folder


@pytest.mark.slow
@pytest.mark.parametrize("n", N_PROCESSES)
def test_several_processes_count_and_maximise_to_the_parameters_of_one(fits, n):
    for name, alone in fits[0][1].items():
        if "gradient" not in name:
            _assert_equal(alone, fits[0][n][name], rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("n", N_PROCESSES)
def test_several_processes_descend_along_the_loss_curve_of_one(fits, n):
    for name, alone in fits[0][1].items():
        if "gradient" in name:
            _assert_equal(alone, fits[0][n][name], rtol=1e-5)


def _assert_equal(alone, together, rtol):
    for part, values in together["parameters"].items():
        np.testing.assert_allclose(values, alone["parameters"][part], rtol=0, atol=rtol)
    curves = [[(name, step) for name, _, step in fit["metrics"]] for fit in (alone, together)]
    assert curves[0] == curves[1]
    values = [[value for _, value, _ in fit["metrics"]] for fit in (alone, together)]
    np.testing.assert_allclose(values[1], values[0], rtol=rtol)


@pytest.mark.slow
@pytest.mark.parametrize("n", N_PROCESSES)
def test_several_processes_report_together_what_one_reports(fits, n):
    for name, alone in fits[0][1].items():
        one, more = alone["report"], fits[0][n][name]["report"]
        assert (one["n_processes"], more["n_processes"]) == (1, n)
        for field in ("n_epochs", "best_epoch", "stop_reason", "n_parameters"):
            assert one[field] == more[field]
        n_examples = [
            report["examples_per_second"] * report["wall_seconds"] for report in (one, more)
        ]
        assert n_examples[0] == pytest.approx(n_examples[1])


@pytest.mark.slow
def test_one_of_several_processes_is_the_main_one(fits):
    files = [fits[1] / "4" / f"rank-{rank}.json" for rank in range(4)]
    assert [json.loads(file.read_text())["is_main"] for file in files] == [True] + 3 * [False]


@pytest.mark.slow
def test_a_failing_process_ends_the_job_with_its_own_error_and_leaves_none_behind(tmp_path):
    command = [sys.executable, PROGRAM, "diverging", tmp_path]
    done = subprocess.run(command, timeout=120, capture_output=True, text=True)
    assert done.returncode != 0
    assert "ConvergenceError: fit: the training loss is nan in epoch 0 at step 2" in done.stderr
    assert processes_naming(str(tmp_path)) == []
