"""What a server refuses before anything is started."""

from pathlib import Path

import pytest

from seqarena.errors import ConfigError
from seqarena.tracking_server.settings import ServerSettings

DATA = Path("/srv/arena")


def mistakes_of(**settings) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        ServerSettings(DATA, **settings).check()
    return caught.value.mistakes


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org", "127.0.0.1.evil"])
def test_only_a_loopback_address_is_served_without_authentication(host):
    assert mistakes_of(host=host, has_authentication=False, allowed_hosts=("arena",)) == [
        f"--host {host} with --no-authentication: whoever reaches this machine could read, change "
        "and delete every run; keep authentication, or --host 127.0.0.1."
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_loopback_address_may_do_without(host):
    settings = ServerSettings(DATA, host=host, has_authentication=False)
    settings.check()
    assert settings.is_local


def test_other_machines_are_answered_by_names_that_were_said():
    assert mistakes_of(host="0.0.0.0") == [
        "--host 0.0.0.0: no other machine would be answered; say by which names they call this "
        "one, such as --allow-host mlflow.example.org."
    ]
    settings = ServerSettings(DATA, host="0.0.0.0", port=81, allowed_hosts=("arena.org",))
    settings.check()
    assert not settings.is_local
    assert settings.accepted_hosts[-2:] == ["arena.org", "arena.org:81"]


def test_a_pattern_of_hosts_is_refused():
    assert mistakes_of(allowed_hosts=("*.org",)) == [
        "--allow-host: a * lets any web page that is rebound to this machine use it; name each "
        "host."
    ]


def test_credentials_in_the_address_of_artifacts_are_refused_and_not_repeated():
    assert mistakes_of(artifacts="sftp://user:canary@host/folder") == [
        "--artifacts: holds credentials, which every user of this machine could see in the list of "
        "processes; give them by the environment."
    ]


def test_a_folder_whose_socket_would_have_too_long_a_path_is_refused():
    folder = Path("/srv") / ("x" * 80)
    with pytest.raises(ConfigError) as caught:
        ServerSettings(folder).check()
    assert str(caught.value) == (
        f"{folder}: the database's socket there would have a path of 115 bytes, and a system takes "
        "103; choose a folder with a shorter path."
    )


def test_every_mistake_is_told_at_once():
    assert len(mistakes_of(host="0.0.0.0", has_authentication=False, artifacts="s3://a@b")) == 3


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:5000"),
        ("0.0.0.0", "http://127.0.0.1:5000"),
        ("::", "http://[::1]:5000"),
        ("::1", "http://[::1]:5000"),
        ("localhost", "http://localhost:5000"),
    ],
)
def test_this_machine_reaches_it_by_an_address_that_means_this_machine(host, url):
    assert ServerSettings(DATA, host=host).url == url


def test_artifacts_lie_in_the_folder_or_where_one_says(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert ServerSettings(DATA).artifacts_uri == "file:///srv/arena/artifacts"
    assert ServerSettings(DATA, artifacts="s3://b/f").artifacts_uri == "s3://b/f"
    assert ServerSettings(DATA, artifacts="here").artifacts_uri == f"file://{tmp_path}/here"
