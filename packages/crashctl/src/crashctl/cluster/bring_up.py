"""
``up``, step by step. Each step leaves what it made whole, so that a second run goes on where the first ended.
"""

import time
from pathlib import Path

from crashctl.cluster import ingress, oci_runtime, storage
from crashctl.cluster.base_images import BaseImages
from crashctl.cluster.database_sources import DatabaseSources
from crashctl.cluster.kind_cluster import host_ports, render_config
from crashctl.cluster.machine import choose_road, ensure_engine, look_around, prepare_road
from crashctl.cluster.preflight import Finding, check_ports, stopping
from crashctl.cluster.problems import UpError
from crashctl.cluster.process import ToolFailedError
from crashctl.cluster.progress import Progress, Step
from crashctl.cluster.record import ADDRESSES, Record, read_record
from crashctl.cluster.road import OVERRIDE, Choice, Road
from crashctl.cluster.service_images import ServiceImages
from crashctl.cluster.workshop import Workshop

STEPS = 10
KEEP_UNUSED_S = 30 * 24 * 3600.0
TOOLS = ("kind", "helm", "kubectl", "buildx")


class PreflightError(Exception):
    """
    Something stands in the way.

    Args:
        findings: What, each with its fix.
    """

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))


def bring_up(shop: Workshop, progress: Progress) -> Record:
    """
    From whatever there is to a release that is ready.

    Args:
        shop: The parts.
        progress: Where the steps are shown.

    Returns:
        What was made, which is also in the cluster's record.

    Raises:
        UpError: something is missing that only the user can give.
        PreflightError: the same, several at once.
        ToolFailedError: a program failed.
    """
    began_s = time.monotonic()
    with progress.step("engine") as step:
        ensure_engine(shop.tools, shop.engine, step)
    choice = choose_road(shop.tools, shop.versions)
    progress.say(f"        road: {choice.road}, because {choice.reason}")
    with progress.step("machine") as step:
        _preflight(shop, choice, progress)
        prepare_road(shop.tools, choice.road, step)
    with progress.step("tools") as step:
        _tools(shop, choice.road, step)
    record = _claim(shop, choice)
    with progress.step("node image") as step:
        node = _node_image(shop, choice.road, step)
    buildx = shop.provider.provide("buildx").path
    where = shop.layout.repository
    bases = BaseImages(shop.cache, shop.tools, buildx, versions=shop.versions, repository=where, road=choice.road)
    with progress.step("base images") as step:
        names = bases.ensure(step)
        traefik = bases.ensure_traefik(Step(step.began_s))
        database = DatabaseSources(
            bases, shop.cache, shop.tools, go=shop.go, versions=shop.versions, road=choice.road
        ).ensure(Step(step.began_s))
    services = ServiceImages(shop.tools, buildx, where, {**names, **database})
    with progress.step("service images") as step:
        services.build(step)
    with progress.step("cluster") as step:
        _cluster(shop, node, step)
        storage.configure_storage(shop.cluster)
    with progress.step("images into the node") as step:
        services.load(step, shop.cluster, traefik)
    with progress.step("ingress gateway") as step:
        ingress.install_ingress(
            shop.cluster,
            shop.layout.repository / "k8s" / "traefik",
            traefik,
            ingress.gateway_api_crds(shop.go, shop.versions.gateway_api),
        )
    with progress.step("release") as step:
        shop.release.install(services.tag)
        shop.release.wait(step)
    shop.cache.prune(KEEP_UNUSED_S)
    seconds = {**progress.seconds, "total": round(time.monotonic() - began_s, 1)}
    record = record.model_copy(
        update={"image_tag": services.tag, "ready": True, "seconds": seconds, "outcomes": progress.outcomes}
    )
    record.write(shop.layout.record)
    return record


def _preflight(shop: Workshop, choice: Choice, progress: Progress) -> None:
    warm = choice.road is Road.PACKAGES and shop.cache.has("node-image", shop.node_image.key)
    findings = look_around(shop.tools, shop.layout.cache, choice.road, warm=warm)
    node = f"{shop.layout.cluster}-control-plane"
    running = shop.tools.output("docker", "ps", "--format", "{{.Names}}").split()
    if node not in running:
        names = {int(url.rsplit(":", 1)[1]): component for component, url in ADDRESSES.items()}
        ports = host_ports(shop.layout.repository / "k8s" / "kind.yaml")
        findings += check_ports({port: names.get(port, "the cluster") for port in ports})
    if stops := stopping(findings):
        raise PreflightError(stops)
    for finding in findings:
        progress.say(f"        {finding}")


def _tools(shop: Workshop, road: Road, step: Step) -> None:
    provided = []
    for name in TOOLS:
        step.doing(name)
        provided.append(shop.provider.provide(name, with_node=road is Road.PACKAGES))
    step.outcome = ", ".join(f"{tool.name} ({tool.origin})" for tool in provided)


def _claim(shop: Workshop, choice: Choice) -> Record:
    """Write down that this cluster is ours before it is made; refuse one that somebody else made."""
    before = read_record(shop.layout.record)
    if before is None and shop.cluster.exists():
        raise UpError(
            f"a kind cluster {shop.layout.cluster} is here that `crashctl up` did not make.",
            f"kind delete cluster --name {shop.layout.cluster}, or give another --name.",
        )
    record = Record(
        cluster=shop.layout.cluster,
        road=choice.road,
        reason=choice.reason,
        kubeconfig=shop.layout.kubeconfig,
        bin=shop.layout.bin,
    )
    record.write(shop.layout.record)
    return record


def _node_image(shop: Workshop, road: Road, step: Step) -> str:
    if road is Road.PACKAGES:
        return shop.node_image.ensure(step)
    name = shop.versions.images["node"]
    if shop.tools.succeeds("docker", "image", "inspect", name):
        step.cached(name)
    else:
        step.doing("pulling")
        try:
            shop.tools.run("docker", "pull", "--quiet", name)
        except ToolFailedError as error:
            raise UpError(f"{error}\n", f"make {name} reachable, or set {OVERRIDE}=packages.") from None
        step.outcome = f"pulled: {name}"
    return name


def _cluster(shop: Workshop, node_image: str, step: Step) -> None:
    if shop.cluster.exists():
        if shop.cluster.answers():
            step.cached(shop.layout.cluster)
            return
        step.doing("removing one that does not answer")
        shop.cluster.delete()
    status = Path("/proc/self/status")
    config = render_config(
        shop.layout.repository / "k8s" / "kind.yaml",
        name=shop.layout.cluster,
        image=node_image,
        cgroup_v1=shop.tools.output("docker", "info", "--format", "{{.CgroupVersion}}").strip() == "1",
        missing=oci_runtime.missing_capabilities(status.read_text(encoding="ascii") if status.is_file() else ""),
    )
    step.doing("kind create cluster")
    shop.cluster.create(config)
    step.outcome = "created"
