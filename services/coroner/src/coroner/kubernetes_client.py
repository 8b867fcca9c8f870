"""
The ``kubernetes`` client without what its packages import for others: OAuth, requests, web sockets, informers. These
would be an eighth of the coroner's memory, and none of them is used to list and to watch.
"""

import sys
from importlib.util import find_spec, module_from_spec
from pathlib import Path

__all__ = ["ApiClient", "ConfigException", "Configuration", "configure"]

IN_CLUSTER = "in-cluster"
# Packages whose own __init__ is left out, so that only those of their modules are imported that are named.
HOLLOW = ("kubernetes", "kubernetes.config")

for name in HOLLOW:
    if name not in sys.modules and (spec := find_spec(name)):
        sys.modules[name] = module_from_spec(spec)

from kubernetes.client import ApiClient, Configuration  # noqa: E402 - only after the packages are hollow
from kubernetes.config.config_exception import ConfigException  # noqa: E402


def configure(settings: Configuration, how: str) -> None:
    """
    Read where the API is and who asks it.

    Args:
        settings: to fill in.
        how: ``in-cluster``, or the path of a kubeconfig.

    Raises:
        ConfigException: the configuration does not fit.
        OSError: it cannot be read.
    """
    if how == IN_CLUSTER:
        from kubernetes.config.incluster_config import load_incluster_config  # noqa: PLC0415 - only one of both is needed

        load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call]
        return
    from kubernetes.config.kube_config import load_kube_config  # noqa: PLC0415 - it imports OAuth for everybody

    file = str(Path(how).expanduser())
    load_kube_config(config_file=file, client_configuration=settings)  # type: ignore[no-untyped-call]
