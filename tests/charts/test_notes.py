"""
What helm tells after an install: what to do next, for what was configured.
"""

import re

# Nobody opens these: what they do is seen through the gateway.
INSIDE = {f"crash-demo-{name}" for name in ("game-engine", "payment", "analytics", "mongodb", "coroner")}
DEMO = {"global": {"faults": {"enabled": True, "allowGet": True}}}


def test_each_component_can_be_reached_as_told(notes, default):
    """
    The port-forward lines name Services that exist, at their ports.
    """
    told = dict(re.findall(r"port-forward service/(\S+) (\d+)", notes()))

    ports = {name: str(service["spec"]["ports"][0]["port"]) for name, service in default.all("Service").items()}
    assert {name: port for name, port in ports.items() if name not in INSIDE} == told


def test_what_is_off_is_not_shown(notes):
    """
    A UI that was left out is named as off, and nobody is sent to it.
    """
    told = notes({"global": {"bugsink": {"enabled": False}, "spotlight": {"enabled": False}}})

    assert "Bugsink is off" in told
    assert "Spotlight is off" in told
    assert [] == re.findall(r"8091|8969", told)


def test_the_first_curl_fits_the_switches(notes):
    """
    With faults off nobody is told to fire one; on, with the token; a plain GET only where it fires.
    """
    off, on, demo = notes(), notes({"global": {"faults": {"enabled": True}}}), notes(DEMO)

    assert "debug/crash" not in off
    assert "--set global.faults.enabled=true" in off
    assert 'POST --header "Authorization: Bearer $TOKEN"' in on
    assert "curl --include http://" not in on
    assert "curl --include http://localhost:8080/api/v1/game-engine/debug/crash" in demo


def test_faults_that_are_on_are_warned_of(notes):
    """
    Whoever turned faults on reads what that means, and once more where no token is asked for.
    """
    assert 0 == notes().count("WARNING")
    assert 1 == notes({"global": {"faults": {"enabled": True}}}).count("WARNING")
    assert 2 == notes(DEMO).count("WARNING")


def test_the_page_is_told_of(notes):
    """
    Whoever installs is sent to the slot machine, and to its panel where that fires, with the token or with a pass; a
    pass that anyone is given is warned of.
    """
    off, on, handed = (
        notes(),
        notes({"global": {"faults": {"enabled": True}}}),
        notes({"global": {"faults": {"enabled": True, "passS": 900}}}),
    )

    assert all("http://localhost:8080 is the slot machine" in told for told in (off, on, handed))
    assert "Show Debug Panel" not in off
    assert "The panel asks for the token." in on
    assert "The panel gets a pass from the gateway, good for 900 s" in handed
    assert 2 == handed.count("WARNING")


def test_no_secret_is_told(notes):
    """
    Notes say how to read a token, and never what it is.
    """
    told = notes({"global": {"secrets": {"faultToken": "a-token-of-mine-0001"}, "faults": {"enabled": True}}})

    assert "a-token-of-mine-0001" not in told
    assert "get secret crash-demo-secrets --output jsonpath='{.data.fault-token}' | base64 --decode" in told


def test_the_way_in_is_told(notes):
    """
    The exposure that was configured is named, with its host.
    """
    route = {"expose": {"type": "httproute", "hosts": ["casino.example.com"], "parentRefs": [{"name": "edge"}]}}
    ingress = {"expose": {"type": "ingress", "className": "nginx"}}

    assert "Through the Gateway edge, host casino.example.com." in notes({"gateway": route})
    assert "Through the Ingress of class nginx, host any." in notes({"gateway": ingress})
    assert "Through" not in notes()
