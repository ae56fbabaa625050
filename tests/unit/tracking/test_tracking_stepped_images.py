import io
import re

import pytest
from PIL import Image

from seqarena.errors import DataError
from seqarena.tracking.journal import Journal, RunIdentity, read_journal
from seqarena.tracking.stepped_images import is_image_told, tell_image


def _png(shade=0):
    file = io.BytesIO()
    Image.new("RGB", (600, 300), (shade, 0, 0)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "run" / "journal.jsonl") as journal:
        journal.path.parent.mkdir()
        journal.begin(RunIdentity(key="k", name="n", experiment="e"))
        yield journal


def _told(journal):
    journal.flush()
    return [event for event in read_journal(journal.path) if hasattr(event, "sha256")]


def test_a_picture_is_two_files_of_the_run_and_a_tag(journal, tmp_path):
    folder = tmp_path / "run" / "pictures"
    assert not is_image_told(folder, "maps/one", 3)
    tell_image(journal, folder, "maps/one", 3, _png())
    assert is_image_told(folder, "maps/one", 3)
    assert not is_image_told(folder, "maps/one", 30)
    large, small = sorted(folder.iterdir(), key=lambda file: file.suffix)
    assert large.read_bytes() == _png()
    with Image.open(small) as picture:
        assert picture.size == (600, 300)
    assert [event.folder for event in _told(journal)] == ["images", "images"]
    tags = [event.tags for event in read_journal(journal.path) if hasattr(event, "tags")]
    assert tags[-1] == {"mlflow.loggedImages": "True"}


def test_a_step_that_is_told_again_stays_the_picture_that_it_was(journal, tmp_path):
    folder = tmp_path / "run" / "pictures"
    tell_image(journal, folder, "maps/one", 3, _png())
    files = sorted(folder.iterdir())
    tell_image(journal, folder, "maps/one", 3, _png(shade=9))
    assert sorted(folder.iterdir()) == files
    first, again = (_told(journal)[:2], _told(journal)[2:])
    assert [(event.path, event.sha256) for event in first] == [
        (event.path, event.sha256) for event in again
    ]


def test_a_key_that_mlflow_could_not_keep_is_refused(journal, tmp_path):
    with pytest.raises(DataError, match="image name 'a\\+b' cannot be kept"):
        tell_image(journal, tmp_path / "run", "a+b", 0, _png())


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader strategy is deprecated:DeprecationWarning"
)
def test_the_names_are_those_that_mlflow_itself_gives(journal, tmp_path):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    experiment = client.create_experiment("e", (tmp_path / "files").as_uri())
    run = client.create_run(experiment).info.run_id
    client.log_image(run, Image.new("RGB", (600, 300)), key="maps/one", step=3)
    theirs = [file.path for file in client.list_artifacts(run, "images")]
    tell_image(journal, tmp_path / "run" / "pictures", "maps/one", 3, _png())
    ours = [f"images/{file.name}" for file in (tmp_path / "run" / "pictures").iterdir()]

    def form(name):
        # The time, and what is random there and a checksum here.
        return re.sub(r"(timestamp\+)\d+\+[0-9a-f-]+", r"\1", name)

    assert sorted(map(form, ours)) == sorted(map(form, theirs))
    assert client.get_run(run).data.tags["mlflow.loggedImages"] == "True"
