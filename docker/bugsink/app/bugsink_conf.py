"""
Bugsink's settings for this project: one process, one user, everything else from the environment.
"""

import os

from bugsink.settings.default import *  # noqa: F403 how Bugsink wants to be configured
from bugsink.settings.default import DATABASES

PORT = os.environ.get("PORT", "8091")
SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "*").split(",")
TIME_ZONE = "UTC"
IS_DOCKER = True

# Digest in the request that brings the event: half the memory of a worker process beside it, and an event that was
# answered with 200 can be queried.
SNAPPEA = {"TASK_ALWAYS_EAGER": True}
DATABASES["default"]["NAME"] = os.environ["DATABASE_PATH"]
DATABASES["snappea"]["NAME"] = "/tmp/snappea.sqlite3"  # noqa: S108 never written in this mode

EMAIL_BACKEND = "bugsink.email_backends.QuietConsoleEmailBackend"

_MANY = 1_000_000
BUGSINK = {
    "BASE_URL": os.environ.get("BASE_URL", f"http://localhost:{PORT}"),
    "SITE_TITLE": "crash-demo issues",
    # Its licence allows running it as it is; its authors ask for one user without a paid licence.
    "SINGLE_USER": True,
    "PHONEHOME": False,
    # Between arrival and digest; beside the database, where nobody else can write.
    "INGEST_STORE_BASE_DIR": os.path.join(os.path.dirname(os.environ["DATABASE_PATH"]), "ingestion"),  # noqa: PTH118, PTH120
    # Over its quota Bugsink answers 200 and forgets the event.
    "MAX_EVENTS_PER_PROJECT_PER_5_MINUTES": _MANY,
    "MAX_EVENTS_PER_PROJECT_PER_HOUR": _MANY,
    "MAX_EVENTS_PER_PROJECT_PER_MONTH": 100 * _MANY,
    "MAX_EVENTS_PER_5_MINUTES": _MANY,
    "MAX_EVENTS_PER_HOUR": _MANY,
    "MAX_EVENTS_PER_MONTH": 100 * _MANY,
    "MAX_RETENTION_PER_PROJECT_EVENT_COUNT": int(os.environ.get("MAX_RETENTION_PER_PROJECT_EVENT_COUNT", "10000")),
}
