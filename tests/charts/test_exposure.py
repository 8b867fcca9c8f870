"""
How requests reach the gateway from outside: not at all, by HTTPRoute, by Ingress, by a Service that is not ClusterIP.
"""

ROUTES = ("HTTPRoute", "Ingress")


def exposed(**expose: object) -> dict:
    return {"gateway": {"expose": expose}}


def test_nothing_is_exposed_by_default(default):
    """
    Who says nothing gets no route, and only Services of type ClusterIP.
    """
    assert [] == [name for kind in ROUTES for name in default.all(kind)]
    assert {"ClusterIP"} == {service["spec"]["type"] for service in default.all("Service").values()}


def test_an_http_route_attaches_to_the_named_gateway(render):
    """
    The HTTPRoute hands every path of the hosts to the gateway's Service, and there is no Ingress.
    """
    parent = {"name": "edge", "namespace": "infra", "sectionName": "https"}
    release = render(exposed(type="httproute", parentRefs=[parent], hosts=["casino.example.com"]))

    (route,) = release.all("HTTPRoute").values()
    assert [parent] == route["spec"]["parentRefs"]
    assert ["casino.example.com"] == route["spec"]["hostnames"]
    assert [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
            "backendRefs": [{"name": "crash-demo-gateway", "port": 8080}],
        }
    ] == route["spec"]["rules"]
    assert {} == release.all("Ingress")


def test_an_http_route_without_hosts_takes_any(demo):
    """
    No host named means each that the Gateway listens for.
    """
    (route,) = demo.all("HTTPRoute").values()

    assert "hostnames" not in route["spec"]


def test_an_ingress_has_class_hosts_and_certificate(render):
    """
    The Ingress hands every path of each host to the gateway's Service, and there is no HTTPRoute.
    """
    hosts = ["casino.example.com", "*.play.example.com"]
    release = render(
        exposed(type="ingress", className="nginx", hosts=hosts, tlsSecret="cert", annotations={"a.example.com/b": "c"})
    )

    (ingress,) = release.all("Ingress").values()
    assert "nginx" == ingress["spec"]["ingressClassName"]
    assert {"a.example.com/b": "c"} == ingress["metadata"]["annotations"]
    assert [{"secretName": "cert", "hosts": hosts}] == ingress["spec"]["tls"]
    assert hosts == [rule["host"] for rule in ingress["spec"]["rules"]]
    for rule in ingress["spec"]["rules"]:
        (path,) = rule["http"]["paths"]
        assert ("/", "Prefix") == (path["path"], path["pathType"])
        assert {"service": {"name": "crash-demo-gateway", "port": {"name": "http"}}} == path["backend"]
    assert {} == release.all("HTTPRoute")


def test_an_ingress_without_hosts_takes_any(render):
    """
    One rule without a host, and the cluster's default class.
    """
    (ingress,) = render(exposed(type="ingress")).all("Ingress").values()

    (rule,) = ingress["spec"]["rules"]
    assert {"http"} == set(rule)
    assert "ingressClassName" not in ingress["spec"]


def test_a_node_port_can_be_fixed(render):
    """
    A NodePort Service listens at the port that was asked for.
    """
    release = render({"event-sink": {"service": {"type": "NodePort", "nodePort": 30090}}})

    (port,) = release.one("Service", "crash-demo-event-sink")["spec"]["ports"]
    assert 30090 == port["nodePort"]


def test_an_exposure_that_cannot_work_is_refused(refusal):
    """
    An HTTPRoute without a Gateway, an unknown kind, a host with a scheme or a parent with a typo does not get through.
    """
    assert "'/expose/parentRefs': minItems: got 0, want 1" in refusal(exposed(type="httproute"))
    assert "must be one of 'none', 'httproute', 'ingress'" in refusal(exposed(type="loadbalancer"))
    assert "'/expose/hosts/0'" in refusal(exposed(type="ingress", hosts=["https://casino.example.com"]))
    assert "'nmae' not allowed" in refusal(exposed(type="httproute", parentRefs=[{"nmae": "edge"}]))
    assert "'/expose/parentRefs': maxItems" in refusal(exposed(type="ingress", parentRefs=[{"name": "edge"}]))
