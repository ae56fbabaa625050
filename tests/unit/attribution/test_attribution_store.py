import json

import numpy as np
import pytest
from attribution_scenes import PROBES, capture

from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.probes import Probe
from seqarena.attribution.store import read_maps, write_maps
from seqarena.errors import ArtifactError


def scene() -> Capture:
    frames = np.arange(8, dtype=np.float32).reshape(4, 2)
    region = Probe(7, "r", 4, label="</script>", frames=frames, grid=(2, 2))
    date = Probe(2, "d", 2, ("年", "\u200f"), ("1", "<end>"), gold=((0, 1), (-1, -1)))
    pooling = ProbeMap("pooling", "weights", np.full((2, 1, 4), 0.25, np.float32))
    cross = ProbeMap("decoder.cross", "weights", np.eye(2, dtype=np.float32)[None])
    states = ProbeMap("states", "posterior", np.full((1, 2, 3), 1 / 3, np.float32), first_row=1)
    contexts = ProbeMap("contexts", "count_context", np.eye(2, dtype=np.float32)[None])
    return Capture((region, date), ((pooling,), (cross, states, contexts)))


def test_maps_and_probes_come_back_as_they_were(tmp_path):
    written = scene()
    write_maps(tmp_path, written)
    found = read_maps(tmp_path)
    for probe, expected in zip(found.probes, written.probes, strict=True):
        assert (
            np.array_equal(probe.frames, expected.frames) if expected.frames is not None else True
        )
        fields = {**vars(probe), "frames": None}
        assert fields == {**vars(expected), "frames": None}
    for maps, expected_maps in zip(found.maps, written.maps, strict=True):
        for one, expected_map in zip(maps, expected_maps, strict=True):
            assert {**vars(one), "values": 0} == {**vars(expected_map), "values": 0}
            assert np.abs(one.values - expected_map.values).max() < 2.5e-4


def test_the_index_says_what_the_file_holds(tmp_path):
    write_maps(tmp_path, scene())
    index = json.loads((tmp_path / "maps.json").read_text())
    assert (index["schema_version"], index["stored_dtype"]) == (1, "float16")
    assert [entry["key"] for entry in index["maps"]] == [
        "probe-0/pooling",
        "probe-1/decoder.cross",
        "probe-1/states",
        "probe-1/contexts",
    ]
    assert index["maps"][0]["shape"] == [2, 1, 4]


def test_the_same_maps_are_the_same_bytes(tmp_path):
    for name in "ab":
        write_maps(tmp_path / name, scene())
    for file in ("maps.safetensors", "maps.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_one_altered_bit_is_refused(tmp_path):
    write_maps(tmp_path, scene())
    path = tmp_path / "maps.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ArtifactError) as caught:
        read_maps(tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{path}: sha256 ")
    assert message.endswith(
        "...; the file is missing, truncated or altered. Capture the maps again."
    )


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="cannot be read"):
        read_maps(tmp_path)
    write_maps(tmp_path, scene())
    (tmp_path / "maps.safetensors").unlink()
    with pytest.raises(ArtifactError, match="missing, truncated or altered"):
        read_maps(tmp_path)


def test_another_version_is_refused(tmp_path):
    write_maps(tmp_path, scene())
    path = tmp_path / "maps.json"
    path.write_text(path.read_text().replace('"schema_version": 1', '"schema_version": 9'))
    with pytest.raises(ArtifactError) as caught:
        read_maps(tmp_path)
    assert str(caught.value) == f"{path}: schema version 9, expected 1; capture the maps again."


def test_a_model_without_maps_leaves_an_index_without_maps(tmp_path):
    write_maps(tmp_path, Capture(PROBES, ((), ())))
    assert read_maps(tmp_path).maps == ((), ())


def test_gold_survives_as_it_was(tmp_path):
    gold = {"gold": ((0, 2), (-1, -1)), "links": ((0, 1), (2, 1))}
    write_maps(tmp_path, capture([[[0.5, 0.5]]], **gold))
    (probe,) = read_maps(tmp_path).probes
    assert (probe.gold, probe.links) == (gold["gold"], gold["links"])


def test_a_single_map_survives(tmp_path):
    write_maps(tmp_path, capture([[[0.5, 0.5]]]))
    assert read_maps(tmp_path).maps[0][0].values.tolist() == [[[0.5, 0.5]]]
