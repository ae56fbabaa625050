from seqarena.data.sources.parallel_text import ParallelTextConfig
from seqarena.experiment.own_files import NOTHING, files_digest
from seqarena.experiment.suite import parse_suite
from seqarena.parsing import parse
from seqarena.tasks.config import TaskConfig


def test_a_digest_changes_with_a_byte_a_name_and_what_is_missing(tmp_path):
    file = tmp_path / "folder" / "deep" / "own.csv"
    file.parent.mkdir(parents=True)
    seen = [files_digest([tmp_path / "folder"])]
    file.write_text("a")
    seen.append(files_digest([tmp_path / "folder"]))
    assert seen[-1] == files_digest([tmp_path / "folder"])
    file.write_text("b")
    seen.append(files_digest([tmp_path / "folder"]))
    file.rename(file.with_name("other.csv"))
    seen.append(files_digest([tmp_path / "folder"]))
    seen += [files_digest([file]), files_digest([])]
    assert len(set(seen)) == len(seen)
    assert seen[-1] == NOTHING


def test_every_source_of_a_users_own_names_all_of_its_files():
    def paths(task_kind, source):
        task = parse(TaskConfig, {"kind": task_kind, "source": source}, "tasks.own")
        return [str(path) for path in task.source.own_paths]

    three = {"path": "a", "valid_path": "b", "test_path": "c"}
    csv = {"kind": "csv", "columns": {"input": "x", "label": "y"}, **three}
    assert paths("classification", csv) == ["a", "b", "c"]
    for kind in ("ts", "audio_folder", "image_folder"):
        assert paths("classification", {"kind": kind, "path": "a", "test_path": "c"}) == ["a", "c"]
    assert paths("density", {"kind": "text", **three}) == ["a", "b", "c"]
    assert paths("tagging", {"kind": "conllu", **three}) == ["a", "b", "c"]
    targets = {"target_path": "d", "valid_target_path": "e", "test_target_path": "f"}
    pairs = {"kind": "parallel_text", **three, **targets}
    assert paths("transduction", pairs) == ["a", "b", "c", "d", "e", "f"]
    names = ("source", "target", "test_source", "test_target", "test_links")
    config = ParallelTextConfig(kind="parallel_text", **{name: name for name in names})
    assert [str(path) for path in config.own_paths] == list(names)


def test_a_task_without_files_of_the_users_own_has_no_path():
    raw = {
        "seeds": [0],
        "tasks": {"d": {"kind": "transduction", "source": {"kind": "dates"}}},
        "families": {"g": {"kind": "gru"}},
        "experiments": {"d-g": {"task": "d", "family": "g"}},
    }
    assert parse_suite(raw).tasks["d"].source.own_paths == ()
