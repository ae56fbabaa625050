"""The folder of a run: what was written comes back, and what was altered is refused."""

import json

import numpy as np
import pyarrow as pa
import pytest

from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.probes import Probe
from seqarena.attribution.store.artifacts import (
    Attribution,
    read_diagnostics,
    read_maps,
    write_artifacts,
)
from seqarena.attribution.store.manifest import Origin, read_manifest
from seqarena.data.spectra import SpectrumAxis
from seqarena.errors import ArtifactError

# Figures take a third of a second each.
pytestmark = pytest.mark.slow


def influence(n_outputs, n_steps, **fields) -> InfluenceMap:
    effect = np.linspace(0, 1, n_outputs * n_steps, dtype=np.float32).reshape(n_outputs, n_steps)
    return InfluenceMap(effect=effect, change=-effect, **fields)


def scene() -> Capture:
    # In the order of columns, as transposed views are.
    frames = np.asfortranarray(np.arange(8, dtype=np.float32).reshape(4, 2))
    heard = {"spectrum": -frames, "spectrum_axis": SpectrumAxis("mel", 60.0, 4000.0, "mel")}
    region = Probe(7, "r", 4, label="</script>", frames=frames, grid=(2, 2), **heard)
    date = Probe(
        2,
        "d",
        2,
        ("年", "\u200f"),
        ("1", "<end>"),
        gold=((0, 1), (-1, -1)),
        links=((0, 1), (1, 0)),
        step_tokens=(3, 0),
        output_tokens=(1, 2),
        end_token=2,
    )
    pooling = ProbeMap("pooling", "weights", np.full((2, 1, 4), 0.25, np.float32))
    cross = ProbeMap("decoder.cross", "weights", np.eye(2, dtype=np.float32)[None])
    states = ProbeMap("states", "posterior", np.full((1, 2, 3), 1 / 3, np.float32), first_row=1)
    frames_map = InfluenceMap(None, np.ones((1, 4), np.float32), unit="nats")
    valid = influence(2, 2, whole=np.ones(2, np.float32), valid=np.tri(2, dtype=bool))
    mask = np.asfortranarray(np.array([[True, False, False], [True, True, True]]))
    further = {"oracle": (None, influence(2, 3, version="marginalised", valid=mask))}
    return Capture((region, date), ((pooling,), (cross, states)), (frames_map, valid), further)


def found(capture=None, **facts) -> Attribution:
    origin = Origin(run={"key": "e/seed-0/ab"}, probes={"n_probes": 2}, cuts=("one thing",))
    return Attribution(scene() if capture is None else capture, origin, **facts)


def assert_same(one, other, tolerance=0.0):
    """Compare records of arrays and plain values, field by field."""
    for name, value in vars(other).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_allclose(getattr(one, name), value, rtol=0, atol=tolerance)
        else:
            assert getattr(one, name) == value, name


def test_maps_probes_and_influence_come_back_as_they_were(tmp_path):
    write_artifacts(tmp_path / "attention", found())
    read, written = read_maps(tmp_path / "attention"), scene()
    for probe, expected in zip(read.probes, written.probes, strict=True):
        assert_same(probe, expected)
    for maps, expected_maps in zip(read.maps, written.maps, strict=True):
        for one, expected_map in zip(maps, expected_maps, strict=True):
            assert_same(one, expected_map, tolerance=2.5e-4)
    for one, expected_influence in zip(read.influence, written.influence, strict=True):
        assert_same(one, expected_influence)
    assert read.further["oracle"][0] is None
    assert_same(read.further["oracle"][1], written.further["oracle"][1])


def test_a_model_without_maps_still_has_a_folder(tmp_path):
    written = scene()
    bare = Capture(written.probes, ((), ()), written.influence)
    paths = write_artifacts(tmp_path / "attention", found(bare))
    assert paths.figures == ()
    read = read_maps(tmp_path / "attention")
    assert read.maps == ((), ()) and len(read.influence) == 2


def test_the_manifest_names_every_file_and_what_it_is_a_function_of(tmp_path):
    folder = tmp_path / "attention"
    table = pa.table({"example_id": ["d"], "query_pos": pa.array([None], pa.int32())})
    write_artifacts(folder, found(diagnostics=table, summary={"entropy": 1.5}), lambda _: "<p>")
    manifest = read_manifest(folder)
    on_disk = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert set(manifest.files) == on_disk - {"manifest.json"}
    assert "figures/probe-1.png" in on_disk and "report.html" in on_disk
    assert manifest.origin.run["key"] == "e/seed-0/ab"
    assert manifest.origin.cuts == ("one thing",)
    assert all((folder / n).stat().st_size == r.n_bytes for n, r in manifest.files.items())
    assert read_diagnostics(folder) == table


def test_the_same_maps_are_the_same_bytes(tmp_path):
    for name in "ab":
        write_artifacts(tmp_path / name, found())
    for file in ("maps.safetensors", "tokens.parquet", "manifest.json", "figures/probe-0.png"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize("file", ["maps.safetensors", "tokens.parquet"])
def test_one_altered_bit_is_refused_with_both_checksums(tmp_path, file):
    write_artifacts(tmp_path / "attention", found())
    path = tmp_path / "attention" / file
    expected = read_manifest(path.parent).files[file].sha256
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ArtifactError) as caught:
        read_maps(tmp_path / "attention")
    message = str(caught.value)
    assert message.startswith(f"{path}: sha256 ") and f", expected {expected};" in message
    assert message.endswith("missing, truncated or altered. Evaluate the experiment again.")


def test_an_altered_manifest_is_refused(tmp_path):
    write_artifacts(tmp_path / "attention", found())
    path = tmp_path / "attention" / "manifest.json"
    path.write_text(path.read_text().replace("e/seed-0/ab", "e/seed-1/ab"))
    with pytest.raises(ArtifactError, match=r"manifest\.json: sha256 .*, expected "):
        read_maps(path.parent)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="cannot be read"):
        read_maps(tmp_path)
    write_artifacts(tmp_path / "attention", found())
    (tmp_path / "attention" / "maps.safetensors").unlink()
    with pytest.raises(ArtifactError, match="missing, truncated or altered"):
        read_maps(tmp_path / "attention")
    with pytest.raises(ArtifactError, match="the manifest does not name it"):
        read_diagnostics(tmp_path / "attention")


def test_another_version_is_refused(tmp_path):
    write_artifacts(tmp_path / "attention", found())
    path = tmp_path / "attention" / "manifest.json"
    path.write_text(path.read_text().replace('"schema_version": 4', '"schema_version": 9'))
    with pytest.raises(ArtifactError) as caught:
        read_maps(path.parent)
    assert str(caught.value) == (
        f"{path}: schema version 9, expected 4; evaluate the experiment again."
    )


def test_what_stood_there_before_is_removed(tmp_path):
    (tmp_path / "attention").mkdir()
    (tmp_path / "attention" / "maps.json").write_text("{}")
    write_artifacts(tmp_path / "attention", found())
    assert not (tmp_path / "attention" / "maps.json").exists()


def test_the_header_of_the_maps_says_what_each_array_is(tmp_path):
    write_artifacts(tmp_path / "attention", found())
    content = (tmp_path / "attention" / "maps.safetensors").read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    told = json.loads(header["__metadata__"]["seqarena"])
    assert told["axes"]["native"] == ["head", "row", "column"]
    assert told["examples"][1]["native"][0]["kind"] == "weights"
    assert header["ex/d/native/decoder.cross"]["dtype"] == "F16"
    assert header["ex/d/influence_js"]["dtype"] == header["ex/r/influence_lp"]["dtype"] == "F32"
    assert header["ex/d/valid"]["dtype"] == "U8"
    assert "ex/r/influence_js" not in header


def test_two_examples_of_one_name_are_told_apart(tmp_path):
    one = ProbeMap("pooling", "weights", np.ones((1, 1, 1), np.float32))
    probes = (Probe(0, "a", 1, ("x",)), Probe(1, "a", 1, ("y",)))
    write_artifacts(tmp_path / "attention", found(Capture(probes, ((one,), (one,)))))
    assert [probe.steps for probe in read_maps(tmp_path / "attention").probes] == [("x",), ("y",)]


def test_numbers_that_are_not_finite_are_left_out_and_named(tmp_path):
    numbers = {"a": 1.0, "b": float("nan"), "c": float("inf")}
    written = write_artifacts(tmp_path / "attention", found(summary=numbers))
    assert written.summary == {"a": 1.0}
    assert json.loads((tmp_path / "attention" / "summary.json").read_text()) == {"a": 1.0}
    cuts = read_manifest(tmp_path / "attention").origin.cuts
    assert "summary.json: not finite, so left out: b, c" in cuts
