"""
The environment, right and wrong.
"""

import pytest
from event_sink.dsn import Dsn
from event_sink.projects import CatalogError, names
from event_sink.settings import Settings
from event_sink.targets import configured
from pydantic import ValidationError

KEY = "0123456789abcdef" * 2
ENOUGH = {"db_path": "/nowhere/sink.sqlite3", "ingest_key": KEY, "token": "a-token-for-tests"}


def test_targets_are_those_that_are_named():
    """
    No address, no target; each target knows its own address and key only.
    """
    assert () == configured(Settings(**ENOUGH))

    upstream_dsn = f"https://{'f' * 32}@o1.ingest.example.com:444/sub/42"
    everything = Settings(
        **ENOUGH, bugsink_url="http://b:8091/", spotlight_url="http://s:8969", upstream_dsn=upstream_dsn
    )
    urls = {target.name: target.url_of(2) for target in configured(everything)}
    assert {
        "bugsink": "http://b:8091/api/2/envelope/",
        "spotlight": "http://s:8969/api/2/envelope/",
        "upstream": "https://o1.ingest.example.com:444/sub/api/42/envelope/",
    } == urls


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"ingest_key": "short"}, "a DSN key has 32 characters of 0-9a-f, this one 5"),
        ({"token": "short"}, "at least 8"),
        ({"bugsink_url": "bugsink:8091"}, "is not a URL; begin it with http:// or https://"),
        ({"upstream_dsn": "https://sentry.example.com/1"}, "the DSN has no key before the @"),
        ({"upstream_dsn": f"https://{KEY}@sentry.example.com/"}, "does not end in a project id"),
        ({"upstream_dsn": "ftp://k@h/1"}, "no http"),
        ({"retain_mib": 0}, "greater than or equal to 1"),
    ],
)
def test_a_wrong_setting_is_named(wrong, message):
    """
    The sink does not start with it, and the message says what to put there.
    """
    with pytest.raises(ValidationError, match=message):
        Settings(**{**ENOUGH, **wrong})


def test_no_secret_is_in_a_text_form():
    """
    Neither settings nor targets nor a DSN show a key when they are logged.
    """
    settings = Settings(**ENOUGH, bugsink_url="http://b", upstream_dsn=f"https://{KEY}@h.example.com/1")

    shown = f"{settings!r} {settings} {configured(settings)} {Dsn.parse(f'https://{KEY}@h.example.com/1')}"

    assert KEY not in shown
    assert ENOUGH["token"] not in shown


def test_projects_are_named_by_the_catalogue(tmp_path):
    """
    ``services.yaml`` gives project ids their names; a file of another shape is refused by its path.
    """
    file = tmp_path / "services.yaml"
    file.write_text("services: [{name: gateway, project_id: 1}, {name: sink}]")

    assert {1: "gateway"} == names(tmp_path)
    assert {} == names(None)

    file.write_text("- 1")
    with pytest.raises(CatalogError, match=r"services\.yaml has no list `services`"):
        names(tmp_path)
