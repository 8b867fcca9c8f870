"""
The storage manifest is kind's own, read from its source.
"""

import pytest
import yaml
from crashctl.cluster.control_plane import storage_images, storage_manifest

SOURCE = """
package nodeimage

const storageProvisionerImage = "docker.io/kindest/provisioner:v1"
const storageHelperImage = "docker.io/kindest/helper:v2"

var defaultStorageImages = []string{storageProvisionerImage, storageHelperImage}

const defaultStorageManifest = `
kind: Pod
image: ` + storageProvisionerImage + `
args: ["` + storageHelperImage + `"]
---
kind: ConfigMap
image: ` + storageHelperImage + `
`
"""


@pytest.fixture
def module(tmp_path):
    folder = tmp_path / "pkg" / "build" / "nodeimage"
    folder.mkdir(parents=True)
    (folder / "const_storage.go").write_text(SOURCE)
    return tmp_path


def test_constants_are_put_into_the_manifest(module):
    """
    What Go joins with `+` is joined here, and the result is YAML.
    """
    pod, config = yaml.safe_load_all(storage_manifest(module))

    assert {"kind": "Pod", "image": "docker.io/kindest/provisioner:v1", "args": ["docker.io/kindest/helper:v2"]} == pod
    assert "docker.io/kindest/helper:v2" == config["image"]


def test_the_images_are_those_that_the_manifest_names(module):
    """
    Provisioner and helper, under the references that the pods will ask for.
    """
    assert ("docker.io/kindest/provisioner:v1", "docker.io/kindest/helper:v2") == storage_images(
        storage_manifest(module)
    )
