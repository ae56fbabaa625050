"""Rows of the report, read from folders that are made by hand."""

import json

from seqarena.experiment.cells import read_cell
from seqarena.experiment.diverged import write_diverged
from seqarena.experiment.suite import parse_suite

REPORT = {
    "n_parameters": 12,
    "wall_seconds": 1.0,
    "cpu_seconds": 1.0,
    "training_flops": None,
    "stop_reason": "max_epochs",
    "valid_loss": 0.5,
}


def test_pictures_are_of_the_first_seed_that_was_judged(tmp_path):
    suite = parse_suite(
        {
            "seeds": [0, 1],
            "tasks": {"dates": {"kind": "transduction", "source": {"kind": "dates"}}},
            "families": {"gru": {"kind": "gru"}},
            "experiments": {"dates-gru": {"task": "dates", "family": "gru"}},
        }
    )
    diverged = {0: "it left the numbers."}
    write_diverged(tmp_path / "fit", diverged)
    summary = {"seeds": {"1": {"exact_match": 0.5}}, "flags": {}, "diverged": {"0": diverged[0]}}
    (tmp_path / "metrics.json").write_text(json.dumps(summary))
    (tmp_path / "fit" / "seed-1").mkdir()
    (tmp_path / "fit" / "seed-1" / "report.json").write_text(json.dumps(REPORT))
    figures = tmp_path / "evaluation" / "seed-1" / "attention" / "figures"
    figures.mkdir(parents=True)
    (figures / "probe-0.png").write_bytes(b"")
    cell = read_cell(suite.experiments["dates-gru"], tmp_path)
    assert [seed.seed for seed in cell.seeds] == [1]
    assert cell.pictures == (figures / "probe-0.png",)
    assert cell.failures == ("seed 0: diverged: it left the numbers.",)
