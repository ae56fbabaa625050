import numpy as np
import pyarrow as pa
import pytest

from judgement_scenes import STAMP, bits, leave
from seqarena.errors import ArtifactError, ConfigError, DataError
from seqarena.evaluation.stamp import Stamp
from seqarena.experiment.compare_scores import compare_scores
from seqarena.experiment.contestants import find_contestant
from seqarena.experiment.layout import Workspace
from seqarena.schema import DataSchema


def seeds(mean, n=3, base=0):
    rng = np.random.default_rng(base)
    return [bits(np.random.default_rng(7), mean + 0.002 * rng.standard_normal()) for _ in range(n)]


@pytest.fixture
def workspace(tmp_path):
    leave(tmp_path / "runs", "lagged-gru", seeds(1.5))
    leave(tmp_path / "runs", "lagged-hmm", seeds(1.7, base=1))
    return Workspace(tmp_path, tmp_path)


def told(workspace, one="lagged-gru", other="lagged-hmm", **options):
    return list(compare_scores(one, other, workspace, **options))


def test_two_experiments_are_compared_over_seeds_and_examples(workspace):
    lines = told(workspace, region=0.01)
    assert lines[0] == "lagged: bits per symbol (bits; lower is better)"
    assert lines[2].startswith("lagged-gru  3      1.4")
    assert lines[3].startswith("lagged-hmm  3      1.6")
    text = "\n".join(lines)
    assert "Difference (positive: lagged-gru is better), over 200 examples:" in text
    assert "  of the families: +0.1" in text and "  of these fits:   +0.1" in text
    assert "  P(better, equal, worse), equal being within 0.01: 1.00, 0.00, 0.00" in text
    assert "lagged-gru is better than lagged-hmm by 0.19" in text


def test_without_a_region_nothing_is_called_equal_and_that_is_said(workspace):
    assert (
        "No region of practical equivalence is given (--region), so equality cannot be shown."
        in told(workspace)
    )


def test_the_examples_that_differ_most_come_first(workspace):
    table = seeds(1.7, 1)[0]
    log_prob = np.array(table["log_prob"].to_pylist())
    log_prob[42] *= 4
    worse = table.set_column(3, "log_prob", pa.array(log_prob))
    leave(workspace.runs, "lagged-odd", [worse])
    lines = told(workspace, "lagged-gru", "lagged-odd")
    start = lines.index("Examples in which they differ most, each scored alone (mean over seeds):")
    assert lines[start + 2].startswith("example 42 ")
    assert len(lines) == start + 2 + 8
    assert "one seed" in "\n".join(lines)


def test_slices_are_compared_one_by_one(tmp_path):
    schema = DataSchema("density", n_symbols=4, slice_name="length")
    for name, mean in (("lagged-gru", 1.5), ("lagged-hmm", 1.7)):
        tables = [
            table.append_column("slice", pa.array([4] * 120 + [8] * 80)) for table in seeds(mean)
        ]
        leave(tmp_path / "runs", name, tables, schema)
    lines = told(Workspace(tmp_path, tmp_path))
    start = lines.index("By length:")
    assert [line.split()[:2] for line in lines[start + 2 : start + 4]] == [
        ["4", "120"],
        ["8", "80"],
    ]


def test_unlike_rules_are_refused_and_named(workspace):
    other = Stamp({**STAMP.rules, "candidates": "sampled"})
    leave(workspace.runs, "lagged-hmm", seeds(1.7), stamp=other)
    with pytest.raises(DataError) as caught:
        told(workspace)
    assert str(caught.value) == (
        "lagged-gru and lagged-hmm came about under unlike rules, so their numbers are not to be "
        "compared:\n  candidates: nothing against sampled\n"
        "Evaluate both on the same task, prepared once."
    )


def test_other_examples_are_refused(workspace):
    leave(workspace.runs, "lagged-hmm", [table.slice(0, 100) for table in seeds(1.7)])
    with pytest.raises(DataError, match="were not scored on the same examples: 100 examples only"):
        told(workspace)


def test_another_metric_of_the_task_can_decide_and_a_stranger_cannot(workspace):
    assert told(workspace, metric="nats_per_step")[0] == (
        "lagged: nats per step (nats; lower is better)"
    )
    with pytest.raises(ConfigError) as caught:
        told(workspace, metric="accuracy")
    assert caught.value.mistakes == [
        "--metric: 'accuracy' is not measured; expected one of 'bits_per_step', 'nats_per_step'."
    ]


def test_a_name_that_is_none_gets_the_nearest(workspace):
    with pytest.raises(ArtifactError) as caught:
        find_contestant("lagged-gruu", workspace)
    assert str(caught.value) == (
        f"'lagged-gruu' is no experiment that was evaluated under {workspace.runs}, and no run in "
        "MLflow; did you mean 'lagged-gru'?"
    )
    with pytest.raises(ArtifactError) as caught:
        find_contestant("0" * 32, workspace)
    assert str(caught.value).endswith("there is no store of runs; run `seqarena sync`.")


def test_what_steers_a_terminal_is_written_out(workspace):
    table = seeds(1.7, 1)[0]
    ids = ["\x1b[31m", *table["id"].to_pylist()[1:]]
    leave(workspace.runs, "lagged-gru", [table.set_column(1, "id", pa.array(ids))])
    other = seeds(1.5, 1)[0]
    leave(workspace.runs, "lagged-hmm", [other.set_column(1, "id", pa.array(ids))])
    lines = told(workspace)
    assert not any("\x1b" in line for line in lines)
