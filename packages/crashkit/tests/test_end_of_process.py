import json
import subprocess
import sys

PROGRAM = """
import json
import sentry_sdk
from crashkit.lifecycle import Lifecycle
from crashkit.runtime_context import RuntimeContext
from crashkit.settings import ServiceSettings
from crashkit.telemetry import start_sentry
from sentry_sdk.transport import Transport

class Keep(Transport):
    def capture_envelope(self, envelope):
        for item in envelope.items:
            print(item.type, item.get_bytes().decode())

settings = ServiceSettings()
runtime = RuntimeContext(settings, Lifecycle(settings.state_dir), {})
start_sentry(settings, "casino", runtime, [], lambda _: 1.0, transport=Keep)
{}["joker"]
"""


def test_an_error_that_ends_the_process_is_one_unhandled_event(tmp_path):
    """
    What nobody catches, in no request and in no task, is one event on its way out; the process ends as it would.
    """
    environment = {
        "PORT": "8099", "CATALOG_DIR": str(tmp_path), "STATE_DIR": str(tmp_path),
        "SENTRY_DSN": "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/2",
    }  # fmt: skip

    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False, timeout=60
    )

    sent = [json.loads(line.partition(" ")[2]) for line in ended.stdout.splitlines() if line.startswith("event ")]
    (event,) = sent
    exception = event["exception"]["values"][-1]
    assert 1 == ended.returncode
    assert ended.stderr.endswith("KeyError: 'joker'\n")
    assert ("KeyError", False) == (exception["type"], exception["mechanism"]["handled"])
    assert {"service": "casino"}.items() <= event["tags"].items()
