"""
The proxies that are compared, each as a command that listens on a port and forwards to the same upstream.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATH = "/api/v1/game-engine/spin"
UPSTREAM_PORT = 18101
SENTRY_PORT = 18102
UPSTREAM = f"http://127.0.0.1:{UPSTREAM_PORT}"
DSN = f"http://{'b' * 32}@127.0.0.1:{SENTRY_PORT}/1"

UNBOUNDED = {"TRACES_PER_S": "1000000"}
"""Every trace that is drawn is written, as fast as the SDK can; the default stops at 50 a second."""

COMMON = """
worker_processes 1; daemon off; pid {folder}/{name}.pid; error_log {folder}/{name}.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {folder}/{name}-body; proxy_temp_path {folder}/{name}-proxy;
  fastcgi_temp_path {folder}/{name}-f; uwsgi_temp_path {folder}/{name}-u; scgi_temp_path {folder}/{name}-s;
  keepalive_requests 100000000; client_max_body_size 2m;
"""
BEHIND = """
  server {{ listen 127.0.0.1:{port}; location / {{ default_type application/json;
    return 200 '{{"reels":["cherry","bar","seven"],"stake":100,"win":0}}'; }} }}
  server {{ listen 127.0.0.1:{sentry}; location / {{ default_type application/json; return 200 '{{}}'; }} }}
}}
"""
PROXY = """
  upstream behind {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 100000000; }}
  server {{ listen 127.0.0.1:{port}; location /api/v1/game-engine/ {{
    proxy_pass http://behind/; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}
}}
"""


@dataclass(frozen=True)
class Contestant:
    """
    One proxy.

    Args:
        name: as the table shows it.
        port: that it listens on.
        command: that starts it.
        environment: that it is told.
    """

    name: str
    port: int
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def behind(folder: Path) -> tuple[str, ...]:
    """Give the command of the nginx that plays the service, and the Sentry that takes everything."""
    text = COMMON.format(folder=folder, name="behind") + BEHIND.format(port=UPSTREAM_PORT, sentry=SENTRY_PORT)
    return ("nginx", "-c", _written(folder / "behind.conf", text))


def contestants(folder: Path) -> tuple[Contestant, ...]:
    """
    List the proxies.

    Args:
        folder: for nginx' files.
    """
    text = COMMON.format(folder=folder, name="proxy") + PROXY.format(upstream=UPSTREAM_PORT, port=18110)
    return (
        Contestant("nginx", 18110, ("nginx", "-c", _written(folder / "proxy.conf", text))),
        _uvicorn("FastAPI + httpx", "plain_proxy", 18111),
        _uvicorn("raw ASGI + aiohttp", "raw_proxy", 18112),
        _gateway("gateway, no Sentry", 18113, {}),
        _gateway("gateway, traces 0.2", 18114, {"SENTRY_DSN": DSN}),
        _gateway("gateway, flight record", 18117, {"SENTRY_DSN": DSN, "TERMINATION_LOG": str(folder / "flight")}),
        _gateway("gateway, 0.2 unbounded", 18115, {"SENTRY_DSN": DSN, **UNBOUNDED}),
        _gateway("gateway, 1.0 unbounded", 18116, {"SENTRY_DSN": DSN, "TRACES_SAMPLE_RATE": "1", **UNBOUNDED}),
    )


def _uvicorn(name: str, module: str, port: int) -> Contestant:
    command = (
        sys.executable, "-m", "uvicorn", f"tests.bench.{module}:app", "--port", str(port), "--loop", "uvloop",
        "--http", "httptools", "--no-access-log", "--log-level", "warning",
    )  # fmt: skip
    return Contestant(name, port, command, {"UPSTREAM": UPSTREAM})


def _gateway(name: str, port: int, told: Mapping[str, str]) -> Contestant:
    environment = {
        "HOST": "127.0.0.1", "PORT": str(port), "CATALOG_DIR": str(ROOT / "catalog"), "GAME_ENGINE_URL": UPSTREAM,
        "FAULTS_ENABLED": "true", "FAULTS_TOKEN": "bench", **told,
    }  # fmt: skip
    return Contestant(name, port, (sys.executable, "-m", "gateway"), environment)


def _written(file: Path, text: str) -> str:
    file.write_text(text)
    return str(file)
