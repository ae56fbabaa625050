import json
import subprocess
import sys
from pathlib import Path

import pytest

from seqarena.fitting.stepwise import NOTE

PROGRAM = Path(__file__).with_name("fitting_program.py")

# Calls of the model, four training and one validation batch an epoch: before the first
# checkpoint, around several, within validation, and never.
STEPS = [0, 3, 4, 5, 9, 11, 17, 24, 29, 10_000]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gradient", "stream", "mixture", "stepwise"])
def test_a_fit_that_is_killed_at_any_step_goes_on_to_the_same_bits(tmp_path, kind):
    command = [sys.executable, "-W", "error", PROGRAM, "killed", kind, tmp_path, *map(str, STEPS)]
    subprocess.run(command, check=True, timeout=300)
    outcomes = json.loads((tmp_path / "outcomes.json").read_text())
    unbroken = outcomes.pop("10000")
    assert unbroken["first"] == unbroken["second"] == 0
    for outcome in outcomes.values():
        assert (outcome["first"], outcome["second"]) == (-9, 0)
        assert outcome["parameters"] == unbroken["parameters"]
        report, whole = outcome["report"], unbroken["report"]
        for name in ("stop_reason", "n_epochs", "best_epoch", "train_loss", "valid_loss"):
            assert report[name] == whole[name]
        for name in ("training_flops", "padding_share"):
            assert report[name] == pytest.approx(whole[name])
    resumed = [outcome["report"]["notes"] for outcome in outcomes.values()]
    always = [NOTE] if kind == "stepwise" else []
    assert resumed[0] == always
    assert resumed[-1] == [*always, "resumed after 5 epochs"]
