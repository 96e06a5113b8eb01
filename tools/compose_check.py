"""`python -m tools.compose_check`: docker-compose.yml and deploy/kubernetes, as far as it can be.

No container is started (that needs Docker). Each service's own command runs by hand instead, as
this user, in a folder that goes away: against the PostgreSQL and Redis of this machine, with the
service's own environment, secrets in files and health check. It prints what ran and what not.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psycopg

from tools import deployment, servers
from tools.deployment import ROOT, Service
from tools.environment import PYTHON
from tools.production import PRODUCTION
from tools.proxy import Proxy, certificate, free_port

ROLES = ROOT / "deploy" / "postgres" / "roles.sql"
WITHIN = 180.0
"""Seconds that a service may take to be well."""
SECRETS = ("secret_key", "number_hash_key", "audit_key", "database_password", "broker_password",
           "database_owner_password", "twilio_auth_token", "metrics_token")  # fmt: skip
NETWORK = {
    "ALLOWED_HOSTS": "scans.example,127.0.0.1",
    "PUBLIC_BASE_URL": "https://scans.example",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_MESSAGING_SERVICE_SID": "MG" + "0" * 32,
}
"""What stands in .env."""


class NotWell(Exception):
    """A service ended, or its health check did not pass; the text says which and what it said."""


class Hand:
    """Runs services by hand: their commands and environment, with this machine's addresses."""

    def __init__(self, folder: Path, database: str, name: str) -> None:
        """`database` is a server, `name` the database that is made there, and begins its users'."""
        self.folder, self.port, self.broker_port = folder, free_port(), free_port()
        server = database.rpartition("@")[2].partition("/")[0]
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.places = {
            "postgres://finder_app@database:5432/finder": f"postgres://{name}_app@{server}/{name}",
            "postgres://finder_owner@database:5432/finder": f"postgres://{name}_owner@{server}/{name}",
            "redis://broker:6379/0": f"redis://127.0.0.1:{self.broker_port}/0",
            "--port 6379": f"--port {self.broker_port}",
            "redis-cli -p 6379": f"redis-cli -p {self.broker_port}",
            "/run/secrets/": f"{folder}/secrets/",
            "/var/lib/finder": f"{folder}/var",
            "/var/backups/finder": f"{folder}/backups",
            "/app/collected": f"{folder}/collected",
        }
        for name in ("secrets", "var", "backups", "collected"):
            (folder / name).mkdir()
        for name in SECRETS:
            (folder / "secrets" / name).write_text(f"only/for#this@check-{name}-" + "x7Kq" * 12)
        (folder / "secrets" / "field_keys").write_text(PRODUCTION["FIELD_KEYS"])

    def environment(self, service: Service) -> dict[str, str]:
        """Return a service's own environment."""
        said = {**image_environment(), **NETWORK, **(service.get("environment") or {})}
        own = {name: self._here(str(value)) for name, value in said.items()}
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {**kept, **own, "CELERY_QUEUE": f"check-{os.getpid()}"}

    def run(self, service: Service, command: list[str]) -> None:
        """Run what ends by itself. Raises NotWell."""
        done = subprocess.run(
            self._words(command), cwd=ROOT, env=self.environment(service), capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise NotWell(f"{shlex.join(command)}: {(done.stdout + done.stderr)[-800:]}")

    def start(self, name: str, service: Service, command: list[str]) -> None:
        """Start a service."""
        with (self.folder / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(
                self._words(command), cwd=ROOT, env=self.environment(service), stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip

    def wait_until_well(self, name: str, service: Service) -> None:
        """Return once a service's own health check passes. Raises NotWell."""
        kind, *words = service["healthcheck"]["test"]
        check = self._words(["sh", "-c", *words] if kind == "CMD-SHELL" else words)
        deadline, env = time.monotonic() + WITHIN, self.environment(service)
        while subprocess.run(check, cwd=ROOT, env=env, capture_output=True, check=False).returncode:
            with suppress(subprocess.TimeoutExpired):
                self._running[name].wait(1)
                raise NotWell(f"{name} ended: {self.log(name)}")
            if time.monotonic() > deadline:
                raise NotWell(f"{name} is not well: {self.log(name)}")

    def stop(self, name: str) -> int:
        """Ask a service to end, as Docker does, and return its exit code."""
        process = self._running.pop(name)
        process.terminate()
        try:
            return process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def stop_all(self) -> None:
        """Stop what still runs."""
        for name in list(self._running):
            self.stop(name)

    def log(self, name: str) -> str:
        """Return the end of what a service said."""
        return (self.folder / f"{name}.log").read_text(errors="replace")[-800:]

    def _here(self, word: str) -> str:
        for there, here in self.places.items():
            word = word.replace(there, here)
        return re.sub(r"\b(0\.0\.0\.0|127\.0\.0\.1)\b", "127.0.0.1", word)

    def _words(self, command: list[str]) -> list[str]:
        words = [self._here(word).replace(":8000/", f":{self.port}/") for word in command]
        if words[0] == "sh":  # Compose writes $ as $$
            return [word.replace("$$", "$") for word in words]
        words = [str(self.port) if word == "8000" else word for word in words]
        program = {"python": [str(PYTHON)]}.get(words[0], [str(PYTHON), "-m", words[0]])
        return [*program, *words[1:]]


def image_environment() -> dict[str, str]:
    """Return what the image itself sets (ENV)."""
    said = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.findall(r"^ENV (.+)$", said, re.MULTILINE)
    return dict(pair.split("=", 1) for line in lines for pair in line.split())


def image_command() -> list[str]:
    """Return what the image runs (CMD)."""
    said = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (line,) = re.findall(r"^CMD \[(.+)\]$", said, re.MULTILINE)
    return re.findall(r'"([^"]+)"', line)


def main() -> int:
    """Check what can be checked; return 1 if anything is wrong."""
    said = deployment.compose()
    faults = deployment.compose_faults(said)
    print(_line("docker-compose.yml", faults, "fits the Compose specification and our rules"))
    objects = deployment.kubernetes_objects()
    of_kubernetes = deployment.kubernetes_faults(objects)
    print(_line("deploy/kubernetes", of_kubernetes, f"{len(objects)} objects fit Kubernetes 1.35"))
    with ExitStack() as stack:
        database = servers.postgresql(stack)
        if database is None or not shutil.which("redis-server") or not shutil.which("psql"):
            print("Nothing ran: PostgreSQL, psql and redis-server are needed, and were not found.")
            return 1
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        name = f"finder_check_{os.getpid()}"
        hand = Hand(folder, database.url, name)
        stack.enter_context(_EmptyDatabase(database.url, name, folder))
        _ran("database", "deploy/postgres/roles.sql: two users, and who owns the tables")
        stack.callback(hand.stop_all)
        try:
            _run_all(said["services"], hand)
        except NotWell as fault:
            faults.append(str(fault))
            print(f"  FAILED  {fault}")
        print(f"  against {database.name} and redis-server of this machine")
    print(
        "Not run (no Docker engine): building the image; its users, limits, networks, volumes and"
        " read-only roots; the images of PostgreSQL, Redis, OSRM and PgBouncer."
    )
    return 1 if faults or of_kubernetes else 0


def _run_all(services: dict[str, Service], hand: Hand) -> None:
    web, broker = services["web"], services["broker"]
    hand.start("broker", broker, broker["command"])
    hand.wait_until_well("broker", broker)
    _ran("broker", "its own health check passes, with its password")
    hand.run(web, ["python", "manage.py", "collectstatic", "--noinput", "-v0"])
    _ran("collectstatic", "as the image does")
    hand.run(services["prepare"], shlex.split(services["prepare"]["command"]))
    _ran("prepare", services["prepare"]["command"])
    hand.run(web, ["python", "manage.py", "database_roles", "--check"])
    _ran("database_roles", "the service's own user may do no more than it should")
    commands = {name: shlex.split(services[name]["command"]) for name in ("worker", "beat")}
    for name, command in {"web": image_command(), **commands}.items():
        hand.start(name, services[name], command)
    for name in ("web", "beat", "worker"):
        hand.wait_until_well(name, services[name])
        _ran(name, "its own health check passes")
    _run_proxy(hand)
    for name in ("web", "worker", "beat", "broker"):
        code = hand.stop(name)
        _ran(name, f"SIGTERM: ended with {code}")
        if code != 0:
            raise NotWell(f"{name} ended with {code}: {hand.log(name)}")


def _run_proxy(hand: Hand) -> None:
    program = shutil.which("nginx")
    if program is None:
        print("  not run proxy: nginx is not on this machine")
        return
    pair = certificate(hand.folder)
    with Proxy(program, hand.folder, f"http://127.0.0.1:{hand.port}", pair) as proxy:
        _ran("proxy", f"nginx with deploy/nginx.conf: {proxy.status('/healthz')} from /healthz")


class _EmptyDatabase:
    """A database that is there while the check runs, made as the image of PostgreSQL makes it."""

    def __init__(self, server: str, name: str, folder: Path) -> None:
        self._server, self._name, self._folder = server, name, folder

    def __enter__(self) -> None:
        said = ROLES.read_text(encoding="utf-8").replace("/run/secrets", f"{self._folder}/secrets")
        own = self._folder / "roles.sql"
        own.write_text(re.sub(r"\bfinder(?=_owner|_app|\b)", self._name, said), encoding="utf-8")
        command = ["psql", "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-f", str(own), self._server]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            self.__exit__()
            raise NotWell(f"{ROLES.name}: {done.stderr[-800:]}")

    def __exit__(self, *_fault: Any) -> None:
        self._do(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')
        for role in ("app", "owner"):
            self._do(f'DROP ROLE IF EXISTS "{self._name}_{role}"')

    def _do(self, statement: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(statement.encode())


def _line(what: str, faults: list[str], well: str) -> str:
    return f"{what}: {well}" if not faults else "\n  ".join([f"{what}: FAULTS", *faults])


def _ran(name: str, what: str) -> None:
    print(f"  ran     {name:<14}{what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
