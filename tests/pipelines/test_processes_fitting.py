import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PROGRAM = Path(__file__).parents[1] / "unit" / "fitting" / "fitting_program.py"


# Batches of 8: 37 end in a batch of 5, shared 3 to 2; 33 in a batch of 1, where the second
# process has no example and takes part without one.
SIZES = ["37", "33"]


def _results(folder, n_processes):
    folder.mkdir()
    command = [sys.executable, PROGRAM, "fits", folder, str(n_processes), *SIZES]
    done = subprocess.run(command, check=True, timeout=300, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")
    return json.loads((folder / "results.json").read_text())


@pytest.fixture(scope="module")
def fits(tmp_path_factory):
    """What one process and what two made of the same fits, ten in each program."""
    folder = tmp_path_factory.mktemp("fits")
    alone, together = _results(folder / "one", 1), _results(folder / "two", 2)
    assert list(alone) == list(together)
    assert len(alone) == 10
    return [(name, alone[name], together[name]) for name in alone], folder


@pytest.mark.slow
def test_two_processes_count_and_maximise_to_the_parameters_of_one(fits):
    for name, alone, together in fits[0]:
        if "gradient" not in name:
            _assert_equal(alone, together, rtol=1e-12)


@pytest.mark.slow
def test_two_processes_descend_along_the_loss_curve_of_one(fits):
    for name, alone, together in fits[0]:
        if "gradient" in name:
            _assert_equal(alone, together, rtol=1e-5)


def _assert_equal(alone, together, rtol):
    for part, values in together["parameters"].items():
        np.testing.assert_allclose(values, alone["parameters"][part], rtol=0, atol=rtol)
    curves = [[(name, step) for name, _, step in fit["metrics"]] for fit in (alone, together)]
    assert curves[0] == curves[1]
    values = [[value for _, value, _ in fit["metrics"]] for fit in (alone, together)]
    np.testing.assert_allclose(values[1], values[0], rtol=rtol)


@pytest.mark.slow
def test_two_processes_report_together_what_one_reports(fits):
    for _, alone, together in fits[0]:
        one, two = alone["report"], together["report"]
        assert (one["n_processes"], two["n_processes"]) == (1, 2)
        for field in ("n_epochs", "best_epoch", "stop_reason", "n_parameters"):
            assert one[field] == two[field]
        n_examples = [
            report["examples_per_second"] * report["wall_seconds"] for report in (one, two)
        ]
        assert n_examples[0] == pytest.approx(n_examples[1])


@pytest.mark.slow
def test_one_of_two_processes_is_the_main_one(fits):
    files = [fits[1] / "two" / f"rank-{rank}.json" for rank in (0, 1)]
    assert [json.loads(file.read_text())["is_main"] for file in files] == [True, False]


@pytest.mark.slow
def test_a_failing_process_ends_the_job_with_its_own_error_and_leaves_none_behind(tmp_path):
    command = [sys.executable, PROGRAM, "diverging", tmp_path]
    done = subprocess.run(command, timeout=120, capture_output=True, text=True)
    assert done.returncode != 0
    assert "ConvergenceError: fit: the training loss is nan in epoch 0 at step 2" in done.stderr
