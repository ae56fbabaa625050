"""What `deploy/schedule` holds, each file read by its own tool where that is here."""

import ast
import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import kubernetes_validate
import pytest
from ruamel.yaml import YAML

from seqarena.retraining.schedule.cron import Cron
from seqarena.retraining.schedule.settings import read_schedule

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy" / "schedule"
COMMAND = "seqarena schedule run japanese_vowels"
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def yaml_documents(path: Path) -> list[dict]:
    return list(YAML(typ="safe").load_all(path))


def first_tick(expression: str, zone: str) -> datetime | None:
    return Cron.of(expression, zone).next_after(JANUARY)


SCHEDULED = read_schedule(DEPLOY / "schedule.yaml").cron_of("japanese_vowels").next_after(JANUARY)


def crontab_lines() -> list[str]:
    lines = (DEPLOY / "crontab").read_text().splitlines()
    return [line for line in lines if line and not re.match(r"#|\w+=", line)]


def test_the_crontab_is_due_when_the_schedule_is_and_runs_its_command():
    [line] = crontab_lines()
    *fields, command = line.split(maxsplit=5)
    assert first_tick(" ".join(fields), BERLIN) == SCHEDULED
    assert COMMAND in command
    assert "%" not in command  # cron makes a new line of it
    assert (DEPLOY / "crontab").read_text().endswith("\n")  # cron passes over a last line without


def test_cron_itself_accepts_the_crontab(tmp_path):
    crontab = shutil.which("crontab")
    if crontab is None:
        pytest.skip("there is no crontab on this machine (Debian: apt install cron)")
    usage = subprocess.run([crontab, "-h"], capture_output=True, text=True, check=False)
    dry = re.search(r"(-n)\s+\(dry run|(-T)\b", usage.stdout + usage.stderr)
    if dry is None:
        pytest.skip("this crontab cannot check a file without installing it")
    flag = dry[1] or dry[2]
    subprocess.run([crontab, flag, str(DEPLOY / "crontab")], check=True)
    wrong = tmp_path / "crontab"
    wrong.write_text((DEPLOY / "crontab").read_text().replace("30 2", "99 2"))
    refused = subprocess.run([crontab, flag, str(wrong)], capture_output=True, check=False)
    assert refused.returncode != 0


@pytest.fixture
def units(tmp_path) -> Path:
    """The units, with a program where they look for one."""
    program = tmp_path / ".venv" / "bin" / "seqarena"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for path in (DEPLOY / "systemd").iterdir():
        text = (
            path.read_text().replace("/srv/seqarena", str(tmp_path)).replace("=seqarena", "=root")
        )
        # An instance: systemd 252 does not verify a template by itself.
        (tmp_path / path.name.replace("@", "@japanese_vowels")).write_text(text)
    return tmp_path


def verified(folder: Path) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("there is no systemd-analyze on this machine (Debian: apt install systemd)")
    names = sorted(str(path) for path in folder.iterdir() if path.suffix in (".service", ".timer"))
    assert len(names) == 3
    command = [tool, "verify", "--man=no", "--recursive-errors=no", *names]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_systemd_finds_nothing_wrong_with_the_units(units):
    done = verified(units)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_systemd_would_have_found_a_mistake(units):
    unit = units / "seqarena-retrain@japanese_vowels.timer"
    unit.write_text(unit.read_text().replace("Mon *-*-*", "Moon *-*-*"))
    assert "Moon" in verified(units).stderr


@pytest.mark.slow
def test_the_timer_is_due_when_the_schedule_is():
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("there is no systemd-analyze on this machine (Debian: apt install systemd)")
    text = (DEPLOY / "systemd" / "seqarena-retrain@.timer").read_text()
    calendar = re.search(r"^OnCalendar=(.*)$", text, re.MULTILINE)[1]
    done = subprocess.run(
        [tool, "calendar", f"--base-time={JANUARY:%Y-%m-%d %H:%M:%S} UTC", calendar],
        capture_output=True,
        text=True,
        check=True,
        env={"TZ": "UTC", "PATH": "/usr/bin:/bin"},
    )
    assert f"{SCHEDULED:%Y-%m-%d %H:%M:%S} UTC" in done.stdout


def test_units_run_the_command_for_longer_than_it_may_take_to_stop():
    service = (DEPLOY / "systemd" / "seqarena-retrain@.service").read_text()
    assert COMMAND.replace("japanese_vowels", "%i") in service
    daemon = (DEPLOY / "systemd" / "seqarena-schedule.service").read_text()
    config = read_schedule(DEPLOY / "schedule.yaml")
    minutes = int(re.search(r"TimeoutStopSec=(\d+)min", daemon)[1])
    assert 60 * minutes > config.grace_seconds + config.kill_seconds + 30


def cronjob() -> dict:
    return yaml_documents(DEPLOY / "kubernetes" / "cronjob.yaml")[0]


def test_kubernetes_knows_every_field_of_the_manifests():
    for document in yaml_documents(DEPLOY / "kubernetes" / "cronjob.yaml"):
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_kubernetes_would_have_found_a_mistake():
    wrong = cronjob()
    wrong["spec"]["concurrencyPolice"] = "Forbid"
    with pytest.raises(kubernetes_validate.ValidationError, match="concurrencyPolice"):
        kubernetes_validate.validate(wrong, kubernetes_validate.latest_version(), strict=True)


def test_the_cron_job_is_due_when_the_schedule_is_and_never_beside_itself():
    spec = cronjob()["spec"]
    assert first_tick(spec["schedule"], spec["timeZone"]) == SCHEDULED
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0


@pytest.mark.slow
@pytest.mark.parametrize(("code", "passed_on"), [(0, 0), (3, 0), (5, 0), (4, 4), (1, 1)])
def test_the_pod_fails_only_where_somebody_should_look(tmp_path, code, passed_on):
    container = cronjob()["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    assert COMMAND in container["args"][0]
    program = tmp_path / "seqarena"
    program.write_text(f"#!/bin/sh\nexit {code}\n")
    program.chmod(0o755)
    done = subprocess.run(
        [*container["command"], *container["args"]],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == passed_on


@pytest.mark.slow
def test_a_pod_that_is_told_to_end_passes_it_on_and_waits(tmp_path):
    container = cronjob()["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    program = tmp_path / "seqarena"
    program.write_text(
        "#!/bin/sh\ntrap 'sleep 0.3; touch tidy; exit 143' TERM\ntouch begun\nsleep 60 & wait\n"
    )
    program.chmod(0o755)
    with subprocess.Popen(
        [*container["command"], *container["args"]],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        cwd=tmp_path,
        start_new_session=True,
    ) as pod:
        while not (tmp_path / "begun").exists():
            assert pod.poll() is None
        pod.terminate()
        assert pod.wait(20) == 143
    assert (tmp_path / "tidy").exists()


def workflow() -> dict:
    return yaml_documents(DEPLOY / "github" / "retrain.yml")[0]


@pytest.mark.slow
def test_the_workflow_keeps_the_schema_of_github(tmp_path):
    wrong = tmp_path / "retrain.yml"
    wrong.write_text((DEPLOY / "github" / "retrain.yml").read_text().replace("runs-on:", "run-on:"))
    command = ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"]
    for path, code in ((DEPLOY / "github" / "retrain.yml", 0), (wrong, 1)):
        done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout


def test_the_workflow_is_due_when_the_schedule_is_in_winter():
    [entry] = workflow()["on"]["schedule"]
    assert first_tick(entry["cron"], "UTC") == SCHEDULED


def test_the_workflow_gives_no_input_to_a_shell_as_code():
    steps = workflow()["jobs"]["retrain"]["steps"]
    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []
    assert any(
        COMMAND.replace("japanese_vowels", '"$TASK"') in step.get("run", "") for step in steps
    )


def test_the_dag_calls_the_command_when_the_schedule_says():
    """Airflow is in no environment of this project: what it would read is read from the text."""
    tree = ast.parse((DEPLOY / "airflow" / "seqarena_retrain.py").read_text())
    calls = {
        node.func.id: {keyword.arg: keyword.value for keyword in node.keywords}
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    dag, task = calls["DAG"], calls["BashOperator"]
    assert first_tick(dag["schedule"].value, BERLIN) == SCHEDULED
    assert f'tz="{BERLIN}"' in ast.unparse(dag["start_date"]).replace("'", '"')
    assert (dag["catchup"].value, dag["max_active_runs"].value) == (False, 1)
    assert ast.unparse(task["bash_command"]).strip("f'") == (
        "exec .venv/bin/seqarena schedule run {task}"
    )
    assert ast.literal_eval(task["skip_on_exit_code"]) == [3, 5]


READ_BY_AIRFLOW = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
dag = bag.dags["seqarena_retrain"]
[task] = dag.tasks
found = [
    bag.import_errors, dag.catchup, dag.max_active_runs, str(dag.timezone), task.retries,
    task.skip_on_exit_code, task.bash_command, task.execution_timeout.total_seconds() / 3600,
]
print(json.dumps(found))
"""


@pytest.mark.slow
def test_airflow_itself_reads_the_dag(tmp_path):
    python = os.environ.get("SEQARENA_AIRFLOW")
    if python is None:
        pytest.skip("SEQARENA_AIRFLOW does not name the Python of an environment with Airflow 3")
    (tmp_path / "dags").mkdir()
    shutil.copy(DEPLOY / "airflow" / "seqarena_retrain.py", tmp_path / "dags")
    done = subprocess.run(
        [python, "-c", READ_BY_AIRFLOW, str(tmp_path / "dags")],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "AIRFLOW_HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    command = f"exec .venv/bin/{COMMAND}"
    assert json.loads(done.stdout.splitlines()[-1]) == [
        {},
        False,
        1,
        BERLIN,
        0,
        [3, 5],
        command,
        6.0,
    ]
