"""The unit of `deploy/server`, read by systemd itself."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "deploy" / "server" / "seqarena-server.service"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("", "", ""),
        ("KillMode=mixed", "KillMode=mixt", "mixt"),
        ("/start.sh", "/begin.sh", "begin"),
    ],
)
def test_systemd_finds_nothing_wrong_with_the_unit_but_each_mistake(tmp_path, right, wrong, says):
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("there is no systemd-analyze on this machine (Debian: apt install systemd)")
    program = tmp_path / "deploy" / "server" / "start.sh"
    program.parent.mkdir(parents=True)
    shutil.copy(UNIT.parent / "start.sh", program)
    text = (
        UNIT.read_text().replace("/opt/seqarena", str(tmp_path)).replace("=seqarena\n", "=root\n")
    )
    assert right in text
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace(right, wrong))
    command = [tool, "verify", "--man=no", "--recursive-errors=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert says in done.stderr
    assert bool(done.stderr) == bool(says)


def test_the_unit_gives_the_server_longer_than_it_takes_to_end():
    seconds = int(re.search(r"TimeoutStopSec=(\d+)", UNIT.read_text())[1])
    assert seconds > 10  # test_server.py holds it to ten
