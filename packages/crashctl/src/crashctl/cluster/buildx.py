"""
Image builds with BuildKit.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from crashctl.cluster.certificates import bundle
from crashctl.cluster.process import Tools

# BuildKit knows these without an ARG; they reach the build and not the image.
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


def build_image(
    tools: Tools, buildx: Path, *, dockerfile: Path, context: Path, names: list[str], arguments: Mapping[str, str]
) -> None:
    """
    Build an image into the engine, for this machine's platform only.

    Args:
        tools: Runs buildx.
        buildx: The program; it works as a plugin and alone.
        dockerfile: The recipe.
        context: What it may copy from.
        names: References to give the image.
        arguments: Build arguments.

    Raises:
        ToolFailedError: the build failed.
    """
    options = [option for key, value in arguments.items() for option in ("--build-arg", f"{key}={value}")]
    options += [option for name in _PROXIES if name in os.environ for option in ("--build-arg", name)]
    options += [option for name in names for option in ("--tag", name)]
    # kind cannot load an image that carries attestations for a second "platform".
    plain = ("--provenance=false", "--sbom=false", "--progress=plain")
    secret = ("--secret", f"id=ca,src={bundle()}")
    tools.run(buildx, "build", "--load", *plain, *secret, *options, "--file", dockerfile, context)
