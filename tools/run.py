"""`make run`: the whole service on this machine, from nothing, until Ctrl-C."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tools.environment import PYTHON, ROOT, RUN, SetUpFailed, manage, prepare

START_WITHIN = 60.0
STOP_WITHIN = 8.0
"""Seconds."""


def main() -> int:
    """Set up what is missing, start everything, wait; return the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    children: list[subprocess.Popen[bytes]] = []
    try:
        port = _port()
        env = _environment(port)
        var = Path(env["VAR_DIR"])
        with _only_one(var):
            _end_leftovers(var)
            _require_free(port)
            prepare(RUN)
            _load(env)
            _start_all(children, port, env, var)
            return _wait(children, var)
    except SetUpFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        _end(children)


def _stop(_number: int, _frame: FrameType | None) -> None:
    # A second signal while we stop must not leave anything half stopped.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("\nStopping", flush=True)
    raise KeyboardInterrupt


def _port() -> int:
    word = os.environ.get("PORT") or "8000"
    if not (word.isascii() and word.isdigit() and 0 < int(word) < 65536):
        raise SetUpFailed(f"PORT is {word!r}. Set it to a number from 1 to 65535.")
    return int(word)


def _environment(port: int) -> dict[str, str]:
    env = {**os.environ, "PORT": str(port)}
    env["VAR_DIR"] = str(Path(env.get("VAR_DIR") or ROOT / "var").resolve())
    return env


def _require_free(port: int) -> None:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SetUpFailed(
                f"Port {port} cannot be used ({error.strerror}). Stop what uses it, "
                f"or take another: make run PORT={port + 1 if port < 65535 else 8000}"
            ) from None


def _only_one(var: Path) -> "closing[_Lock]":
    var.mkdir(parents=True, exist_ok=True)
    return closing(_Lock(var / "run.lock"))


class _Lock:
    """Held while `make run` runs in this folder; the system lets go of it whatever happens."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise SetUpFailed("`make run` already runs in this folder.") from None

    def close(self) -> None:
        """Let the next one run."""
        self._file.close()


def _load(env: dict[str, str]) -> None:
    """Database, static files, places and exams: each says what it did, and is safe to repeat."""
    for folder in ("broker", "broker-control", "log"):
        Path(env["VAR_DIR"], folder).mkdir(parents=True, exist_ok=True)
    print("Preparing the database", flush=True)
    manage("prepare", env=env)


def _start_all(
    children: list[subprocess.Popen[bytes]], port: int, env: dict[str, str], var: Path
) -> None:
    children.append(_start("web", web_command(port), env, var))
    _wait_for_web(children[0], port, var)
    manage("seed_demo", "--url", f"http://127.0.0.1:{port}", env=env)
    manage("check_nobody_lost", env=env)
    manage("seed_insights", env=env)
    worker = ["celery", "-A", "config", "worker", "-B", "--concurrency", "1"]
    worker += ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    children.append(_start("worker", worker, env, var))
    print(f"  Logs        {var / 'log'}\n\nPress Ctrl-C to stop everything.", flush=True)


def web_command(port: int) -> list[str]:
    """Return the module that serves, with its arguments; a process that was killed comes back."""
    how = "--interface asginl --http 1 --no-ws --host 127.0.0.1 --workers 1 --no-access-log"
    how += " --backpressure 8192"  # sockets at once; each costs little while its request comes
    # A process that does not hear that it is to end (a flood of requests can drown it) is ended.
    how += " --workers-kill-timeout 25"
    often = ["--respawn-failed-workers", "--respawn-interval", "0.5"]
    return ["granian", *how.split(), *often, "--port", str(port), "config.asgi:application"]


def _start(
    name: str, command: list[str], env: dict[str, str], var: Path
) -> subprocess.Popen[bytes]:
    with (var / "log" / f"{name}.log").open("wb") as log:
        # A group of its own: Ctrl-C in the terminal reaches only us, and we stop it in order.
        child = subprocess.Popen(
            [str(PYTHON), "-m", *command],
            cwd=ROOT,
            env=env,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    (var / f"{name}.pid").write_text(str(child.pid), encoding="utf-8")
    return child


def _end_leftovers(var: Path) -> None:
    """End what an earlier run left when it was killed itself and could not."""
    for file in var.glob("*.pid"):
        pid = file.read_text(encoding="utf-8").strip()
        asked = ["ps", "-o", "command=", "-p", pid]
        said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
        if str(PYTHON) in said:
            with suppress(ProcessLookupError):
                os.killpg(int(pid), signal.SIGKILL)
        file.unlink()


def _wait_for_web(web: subprocess.Popen[bytes], port: int, var: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except (URLError, OSError):
            pass
        try:
            web.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            continue
        break
    raise SetUpFailed(f"The web server did not start. Why: {var / 'log' / 'web.log'}")


def _wait(children: list[subprocess.Popen[bytes]], var: Path) -> int:
    """Wait until a child ends by itself, which is a fault."""
    names = dict(zip((child.pid for child in children), ("web", "worker"), strict=True))
    pid, _ = os.wait()
    while pid not in names:
        pid, _ = os.wait()
    name = names[pid]
    raise SetUpFailed(f"The {name} stopped by itself. Why: {var / 'log' / f'{name}.log'}")


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    """Ask every child to stop, then make it: whole groups, so that none is left behind.

    Only the first process of each group is asked: it stops its own in order. A worker whose pool
    is told to go at the same moment starts another, and waits for that one.
    """
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOP_WITHIN
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        _signal(child, signal.SIGKILL)


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


if __name__ == "__main__":
    sys.exit(main())
