"""
Images written without an engine are what engines read.
"""

import hashlib
import json
import tarfile

from crashctl.cluster.archives import copy_tree, write_image, write_layer


def test_a_layer_has_programs_folders_and_links(tmp_path):
    """
    A program is executable and owned by root, below folders that can be entered.
    """
    (tmp_path / "tool").write_bytes(b"program")

    write_layer(tmp_path / "layer.tar", {"usr/bin/tool": tmp_path / "tool", "bin/sh": b"shell"}, {"bin/mkdir": "sh"})

    with tarfile.open(tmp_path / "layer.tar") as layer:
        found = {entry.name: (oct(entry.mode), entry.uid, entry.linkname) for entry in layer}
        content = layer.extractfile("usr/bin/tool").read()
    assert b"program" == content
    assert ("0o755", 0, "") == found["usr/bin/tool"] == found["usr/bin"] == found["bin/sh"]
    assert "sh" == found["bin/mkdir"][2]


def test_an_image_names_its_layers_by_their_digests(tmp_path):
    """
    Manifest, config and layers agree: what is listed is there, and is what its name says.
    """
    layer = tmp_path / "layer"
    write_layer(layer, {"pause": b"program"})
    digest = hashlib.sha256(layer.read_bytes()).hexdigest()

    write_image(tmp_path / "image.tar", ["registry/pause:1"], [layer], entrypoint=["/pause"], user="1:1")

    with tarfile.open(tmp_path / "image.tar") as archive:
        (manifest,) = json.load(archive.extractfile("manifest.json"))
        config = json.load(archive.extractfile(manifest["Config"]))
        stored = archive.extractfile(manifest["Layers"][0]).read()
    assert ["registry/pause:1"] == manifest["RepoTags"]
    assert [f"sha256:{digest}"] == config["rootfs"]["diff_ids"]
    assert digest == hashlib.sha256(stored).hexdigest()
    assert (["/pause"], "1:1") == (config["config"]["Entrypoint"], config["config"]["User"])


def test_the_same_content_makes_the_same_archive(tmp_path):
    """
    Nothing of the moment or the machine gets in, so a rebuilt image has the same id.
    """
    for name in ("one", "two"):
        write_layer(tmp_path / f"{name}.layer", {"b": b"2", "a": b"1"})
        write_image(tmp_path / name, ["x:1"], [tmp_path / f"{name}.layer"])
    ids = []
    for name in ("one", "two"):
        with tarfile.open(tmp_path / name) as archive:
            ids.append(json.load(archive.extractfile("manifest.json"))[0]["Config"])

    assert ids[0] == ids[1]


def test_a_copy_of_a_read_only_folder_can_be_changed(tmp_path):
    """
    Go's module cache is read-only; what is laid over a root file system must not be.
    """
    source = tmp_path / "module"
    (source / "folder").mkdir(parents=True)
    (source / "folder" / "file").write_text("content")
    (source / "folder" / "file").chmod(0o444)
    (source / "folder").chmod(0o555)

    copy_tree(source, tmp_path / "copy")

    assert 0o644 == (tmp_path / "copy" / "folder" / "file").stat().st_mode & 0o777
    assert 0o755 == (tmp_path / "copy" / "folder").stat().st_mode & 0o777
