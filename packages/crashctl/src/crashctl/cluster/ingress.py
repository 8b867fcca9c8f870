"""
Traefik as the cluster's ingress gateway, with the Gateway API's own definitions.
"""

from pathlib import Path

from crashctl.cluster.go_tools import GoTools
from crashctl.cluster.kind_cluster import KindCluster
from crashctl.cluster.versions import GatewayApi

_CRDS = ("gatewayclasses", "gateways", "httproutes")


def install_ingress(cluster: KindCluster, manifests: Path, image: str, crds: Path) -> None:
    """
    Install the definitions, Traefik and its Gateway.

    Args:
        cluster: Where.
        manifests: ``k8s/traefik``.
        image: Traefik's reference, loaded already.
        crds: Folder of the Gateway API's definitions.

    Raises:
        ToolFailedError: the cluster refused something.
    """
    cluster.apply(manifests / "namespace.yaml", crds)
    named = [f"crd/{name}.gateway.networking.k8s.io" for name in _CRDS]
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", *named)
    cluster.apply(manifests / "rbac.yaml", manifests / "gateway.yaml")
    deployment = (manifests / "deployment.yaml").read_text(encoding="utf-8")
    deployment = deployment.replace("image: crash-demo/traefik", f"image: {image}")
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename", "-", stdin=deployment)


def gateway_api_crds(go: GoTools, gateway_api: GatewayApi) -> Path:
    """
    The folder with the Gateway API's definitions of the standard channel, from its Go module.

    Raises:
        ToolFailedError: the module cannot be downloaded.
    """
    return go.module_folder(gateway_api.module, gateway_api.version) / "config" / "crd" / "standard"
