import pytest
import torch
from safetensors import safe_open

from seqarena.errors import ArtifactError
from seqarena.fitting.checkpoint import (
    is_intact,
    newest_intact,
    read_checkpoint,
    write_checkpoint,
)


def _spoil(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_tree_comes_back_as_it_was(tmp_path):
    shared = torch.arange(6.0).reshape(2, 3)
    tree = {
        "state": {0: {"step": torch.tensor(3), "betas": (0.9, 0.999)}, 1: {}},
        "flags": [True, None, "text", 7, 1e-300, ["dict", []], ()],
        "tied": [shared, shared, shared.T],
        "kinds": [torch.tensor([], dtype=torch.int32), torch.tensor(True)],
    }
    back = read_checkpoint(write_checkpoint(tmp_path, 3, tree))
    tied, kinds = back.pop("tied"), back.pop("kinds")
    for ours, theirs in zip(tied + kinds, tree["tied"] + tree["kinds"], strict=True):
        assert torch.equal(ours, theirs)
        assert ours.dtype == theirs.dtype
    assert back["state"][0].pop("step") == 3
    assert back == {
        "state": {0: {"betas": (0.9, 0.999)}, 1: {}},
        "flags": tree["flags"],
    }


def test_a_checkpoint_is_an_ordinary_safetensors_file(tmp_path):
    path = write_checkpoint(tmp_path, 3, {"weight": torch.ones(2)})
    with safe_open(path, framework="pt") as file:
        assert [file.get_tensor(name).tolist() for name in file.keys()] == [[1.0, 1.0]]


def test_anything_that_would_need_a_pickle_is_refused(tmp_path):
    with pytest.raises(ArtifactError) as error:
        write_checkpoint(tmp_path, 0, {"when": {1, 2}})
    assert str(error.value) == (
        "a checkpoint cannot hold {1, 2} of type set; it holds numbers, strings, None, tensors,"
        " and lists, tuples and dicts of them: store those instead."
    )
    assert list(tmp_path.iterdir()) == []


def test_every_altered_byte_is_noticed(tmp_path):
    path = write_checkpoint(tmp_path, 0, {"weight": torch.ones(40)})
    content = path.read_bytes()
    for position in range(0, len(content), 7):
        altered = bytearray(content)
        altered[position] ^= 1
        path.write_bytes(altered)
        assert not is_intact(path)
    path.write_bytes(content[:-1])
    with pytest.raises(ArtifactError) as error:
        read_checkpoint(path)
    assert str(error.value) == (
        f"{path}: its bytes do not have the SHA-256 in its name, so it was altered or cut short"
        " after it was written; delete it, and the fit goes on from the one before or anew."
    )


def test_the_newest_intact_checkpoint_is_found(tmp_path):
    assert newest_intact(tmp_path / "missing") is None
    older = write_checkpoint(tmp_path, 9, {"epoch": 9})
    newer = write_checkpoint(tmp_path, 10, {"epoch": 10})
    (tmp_path / "epoch-000011.abc.safetensors.1.part").write_bytes(b"half")
    assert newest_intact(tmp_path) == newer
    _spoil(newer)
    assert newest_intact(tmp_path) == older
    _spoil(older)
    assert newest_intact(tmp_path) is None


def test_two_checkpoints_are_kept_and_nothing_else(tmp_path):
    for epoch in range(5):
        write_checkpoint(tmp_path, epoch, {"epoch": epoch})
    names = sorted(path.name[:12] for path in tmp_path.iterdir())
    assert names == ["epoch-000003", "epoch-000004"]
