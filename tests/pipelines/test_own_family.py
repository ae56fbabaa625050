"""A user's own family, as the how-to shows it: one file and an entry point, not in this project."""

import importlib
import json
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tracking_scenes import MLFLOW_WARNS

from seqarena.cli import main
from seqarena.data.manifest import verify_prepared
from seqarena.errors import ConfigError
from seqarena.experiment.evaluate import evaluate
from seqarena.experiment.fingerprint import fingerprint
from seqarena.experiment.layout import Workspace
from seqarena.experiment.own_files import NOTHING
from seqarena.experiment.stage_parameters import write_stage_parameters
from seqarena.experiment.suite import parse_suite
from seqarena.experiment.train import train
from seqarena.families.catalogue import parse_family
from seqarena.families.store import load_family
from seqarena.tasks.prepare import prepare_task

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]

HOW_TO = Path(__file__).parents[2] / "docs/how-to/your-own-family.md"
# The first block of Python in the page is the whole file.
FILE = re.search(r"```python\n(.*?)```", HOW_TO.read_text(), re.DOTALL)[1]
ENTRY = "[seqarena.families]\ncache_model = cache_model:CacheModelConfig\n"


def install(folder, entries=ENTRY, name="cache-model"):
    """Do what `pip install` does: files on the path, and what is known of them beside."""
    info = folder / f"{name.replace('-', '_')}-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(entries)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of installed packages with the family of the how-to."""
    folder = tmp_path / "site"
    install(folder)
    (folder / "cache_model.py").write_text(FILE)
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    sys.modules.pop("cache_model", None)
    importlib.invalidate_caches()


@pytest.fixture
def suite(tmp_path, site):
    text = tmp_path / "lines.csv"
    rows = (f'"{word} {word} and {word} and {word}"' for word in map(str, range(60)))
    text.write_text("text\n" + "\n".join(rows))
    return parse_suite(
        {
            "seeds": [0],
            "hardware": {"accelerator": "cpu", "devices": 1},
            "tasks": {
                "lines": {
                    "kind": "density",
                    "source": {
                        "kind": "csv",
                        "path": str(text),
                        "columns": {"input": "text"},
                        "unit": "character",
                    },
                    "training": {"batch_size": 16, "max_epochs": 1},
                }
            },
            "families": {"cache": {"kind": "cache_model", "decay": 0.5}},
            "experiments": {"lines-cache": {"task": "lines", "family": "cache"}},
        }
    )


def test_it_is_prepared_for_trained_stored_and_evaluated_like_any_other(
    suite, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    workspace, experiment = Workspace.here(), suite.experiments["lines-cache"]
    prepared = workspace.prepared("lines")
    prepare_task("lines", suite.tasks["lines"], prepared)
    fit, metrics = workspace.fit("lines-cache"), workspace.metrics("lines-cache")
    train(experiment, prepared, fit)
    evaluate(experiment, prepared, fit, workspace.evaluation("lines-cache"), metrics)
    summary = json.loads(metrics.read_text())
    assert summary["family"] == "cache_model"
    assert 0 < summary["mean"]["bits_per_step"] < 6
    assert load_family(fit / "seed-0").config.decay == 0.5


def test_a_changed_file_is_another_fit_and_dvc_sees_it(suite, site, tmp_path):
    experiment = suite.experiments["lines-cache"]
    prepared = tmp_path / "prepared"
    prepare_task("lines", suite.tasks["lines"], prepared)
    manifest = verify_prepared(prepared)

    def seen():
        path = tmp_path / "own.json"
        write_stage_parameters(suite, path)
        return fingerprint(experiment, manifest, 0), json.loads(path.read_text())

    before, digests = seen()
    assert seen() == (before, digests)
    with (site / "cache_model.py").open("a") as file:
        file.write("\n# Changed.\n")
    after, changed = seen()
    assert before != after
    assert digests["families"] != changed["families"]
    assert digests["tasks"] == changed["tasks"]
    with (tmp_path / "lines.csv").open("a") as file:
        file.write("\none more\n")
    assert seen()[1]["families"] == changed["families"]
    assert seen()[1]["tasks"]["lines"] not in (NOTHING, digests["tasks"]["lines"])


def test_it_keeps_the_contract_of_every_family(site, monkeypatch):
    monkeypatch.chdir(site)
    done = CliRunner().invoke(main, ["check-family", "cache_model"])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "passed  cache_model · an entry point names it"
    assert sum(line.startswith("passed  cache_model · density · ") for line in lines) == 8
    assert sum(line.startswith("cannot  ") for line in lines) == 9


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        (
            "ago > 0",
            "ago >= 0",
            "the probabilities of all short sequences of one length sum to one",
        ),
        ("ago > 0", "ago != 0", "the future never changes the past"),
        ("where(batch.scored, 0.0).sum(dim=1)", "mean(dim=1)", "padding and company never matter"),
        (
            "require_fitted(self.fitted, self.config.kind)",
            "pass",
            "asking before fitting is an err",
        ),
        (
            "dtype=torch.float64)\n",
            "dtype=torch.float64), persistent=False\n",
            "saved and loaded, it",
        ),
        (
            "super().__init__()",
            "super().__init__()\n        torch.rand(1)",
            "the same seed gives the same parameters",
        ),
    ],
)
def test_a_family_that_breaks_the_contract_is_told_which_line_of_it(
    tmp_path, monkeypatch, right, wrong, complaint
):
    assert right in FILE
    # Another name for each, so that none is taken for another that is loaded already.
    name = f"broken_{abs(hash((right, wrong)))}"
    (tmp_path / f"{name}.py").write_text(FILE.replace(right, wrong))
    monkeypatch.syspath_prepend(str(tmp_path))
    done = CliRunner().invoke(main, ["check-family", name])
    failed = [line for line in done.output.splitlines() if line.startswith("FAILED")]
    assert any(f" · {complaint}" in line for line in failed), done.output
    assert done.exit_code == 1


def test_a_kind_is_imported_only_when_it_is_named(site):
    (site / "cache_model.py").write_text("raise RuntimeError('imported')\n")
    parse_family({"kind": "gru"}, "families.gru")
    with pytest.raises(ConfigError) as caught:
        parse_family({"kind": "cache_modle"}, "families.cache")
    assert str(caught.value) == (
        "families.cache.kind: 'cache_modle' is not a kind; did you mean 'cache_model'? "
        "A family of your own needs an installed entry point (docs/how-to/your-own-family.md)."
    )
    with pytest.raises(RuntimeError, match="imported"):
        parse_family({"kind": "cache_model"}, "families.cache")


def test_its_settings_are_as_strict_as_any(site):
    with pytest.raises(ConfigError) as caught:
        parse_family({"kind": "cache_model", "decya": 1.0, "cache_share": 2.0}, "families.cache")
    assert str(caught.value) == (
        "families.cache.cache_share: got 2.0; input should be less than 1.\n"
        "families.cache.decya: unknown; did you mean 'decay'?"
    )


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (
            "cache_model = nowhere:Config",
            "nowhere:Config cannot be imported (ModuleNotFoundError: No module named 'nowhere'); "
            "repair that file, or its entry point.",
        ),
        (
            "cache_model = json:JSONDecodeError",
            "json:JSONDecodeError is <class 'json.decoder.JSONDecodeError'>; the entry point "
            "should name a subclass of seqarena.families.own_family.OwnFamilyConfig.",
        ),
        (
            "other_name = cache_model:CacheModelConfig",
            "cache_model:CacheModelConfig is of kind 'cache_model', and its entry point is named "
            "'other_name'; give both one name.",
        ),
        (
            "cache_model = other_cache:Config\n",
            "'cache_model' is brought along twice, by cache_model:CacheModelConfig and "
            "other_cache:Config; remove one.",
        ),
    ],
)
def test_an_entry_point_that_does_not_fit_is_refused(site, tmp_path, monkeypatch, entry, complaint):
    if complaint.endswith("remove one."):
        folder = tmp_path / "more"
        monkeypatch.syspath_prepend(str(folder))
        install(folder, f"[seqarena.families]\n{entry}", "other")
    else:
        (site / "cache_model-0.1.dist-info/entry_points.txt").write_text(
            f"[seqarena.families]\n{entry}\n"
        )
        importlib.invalidate_caches()
    kind = entry.split()[0]
    with pytest.raises(ConfigError) as caught:
        parse_family({"kind": kind}, "families.cache")
    assert str(caught.value) == f"families.cache.kind: {complaint}"
