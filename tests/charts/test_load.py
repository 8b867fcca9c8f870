"""
The players who spin without end: off unless asked for, and no more than a caller.
"""

import inspect
import json
from pathlib import Path

from crashctl.load import arguments, command

CHART = Path(__file__).parents[2] / "charts" / "crash-demo"
ON = {"load": {"enabled": True}}


def test_nobody_plays_by_default(default, demo):
    """
    Load is asked for, in the demo too.
    """
    for release in (default, demo):
        assert [] == [o for o in release.objects if o["metadata"]["name"] == "crash-demo-load"]


def test_it_plays_as_it_is_told(render):
    """
    Rate, players and seed reach the command, which calls the gateway and has no end of its own.
    """
    release = render({"load": {"enabled": True, "rate": 0.5, "players": 10000, "seed": 20261125}})

    container = release.pods["crash-demo-load"].container
    assert ["python", "-m", "crashctl"] == container["command"]
    assert [
        "load",
        "--url=http://crash-demo-gateway:8080",
        "--rate=0.5",
        "--players=10000",
        "--seed=20261125",
    ] == container["args"]
    assert 1 == release.one("Deployment", "crash-demo-load")["spec"]["replicas"]


def test_the_command_takes_what_the_chart_gives_it(render):
    """
    Each option is one of `crashctl load`, and each value that the schema lets through is in the command's range.
    """
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]["load"]["properties"]
    options = inspect.signature(command.load).parameters
    defaults = {name: options[name].default for name in ("first_player", "stake", "opening", "connections", "settle")}

    assert arguments.MOST_RATE == schema["rate"]["maximum"]
    assert arguments.MOST_PLAYERS == schema["players"]["maximum"]
    for end in ("minimum", "maximum"):
        values = {name: schema[name][end] for name in ("rate", "players", "seed")}
        _, *given = render({"load": {"enabled": True, **values}}).pods["crash-demo-load"].container["args"]
        read = dict(each.removeprefix("--").split("=", 1) for each in given)

        order = arguments.read_order(for_s=None, **defaults, **read)
        assert (values["rate"], values["seed"]) == (order.rate, order.seed)


def test_it_stays_small(render):
    """
    Its limit is the most that the command may take.
    """
    assert "64Mi" == render(ON).pods["crash-demo-load"].container["resources"]["limits"]["memory"]


def test_it_has_no_secret_and_no_service(render):
    """
    A player needs no token, and nobody calls one.
    """
    release = render({**ON, "global": {"faults": {"enabled": True}}})

    assert [] == release.pods["crash-demo-load"].secrets
    assert "crash-demo-load" not in release.all("Service")


def test_without_wallets_nobody_can_play(refusal):
    """
    Load in a release without payment would be refused at every spin, so it is refused at once, with both ways out.
    """
    said = refusal({**ON, "global": {"payment": {"enabled": False}}})

    assert "set load.enabled=false or global.payment.enabled=true" in said
