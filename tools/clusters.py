"""A PostgreSQL of one's own on loopback: made, started, stopped; nobody else's is touched."""

import os
import pwd
import shutil
import socket
import subprocess
from contextlib import closing
from pathlib import Path

WITHIN = 60
"""Seconds that a start or a stop may take."""


class NotStarted(Exception):
    """A server did not start; the text is what it said."""


def programs() -> Path | None:
    """Return the folder of PostgreSQL's own programs, None where there are none."""
    program = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    # Where the PATH has only a link to it, its sisters stand beside what it leads to.
    return (
        Path(program).resolve().parent if program else (installed[0].parent if installed else None)
    )


def other_user() -> pwd.struct_passwd | None:
    """Return whom to run PostgreSQL and PgBouncer as where we are root, whom they refuse."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names.get("nobody")


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Cluster:
    """One cluster in an empty folder; its user is postgres, who needs no password."""

    def __init__(self, folder: Path) -> None:
        """Choose a port; nothing runs yet. Raises NotStarted without PostgreSQL's programs."""
        found = programs()
        if found is None:
            raise NotStarted("PostgreSQL is not on this machine.")
        self.folder, self.port, self._programs = folder, free_port(), found
        self._user = other_user()

    @property
    def url(self) -> str:
        """Its address, without a database's name."""
        return f"postgres://postgres@127.0.0.1:{self.port}"

    def make(self) -> None:
        """Make it. Raises NotStarted."""
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "-D", str(self.folder), "-U", "postgres", "-A", "trust", "-N")

    def follow(self, other: "Cluster") -> None:
        """Make it a copy of another one that runs and go on following it. Raises NotStarted."""
        self.folder.chmod(0o700)
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._run("pg_basebackup", "-D", str(self.folder), "-R", "-c", "fast", "-U", "postgres",
                  "-h", "127.0.0.1", "-p", str(other.port))  # fmt: skip

    def start(self) -> None:
        """Start it, and return when it answers. Raises NotStarted."""
        how = f"-p {self.port} -h 127.0.0.1 -k {self.folder} -F -c max_connections=200"
        log = str(self.folder / "server.log")
        self._run("pg_ctl", "start", "-w", "-t", str(WITHIN), "-D", str(self.folder), "-l", log,
                  "-o", how)  # fmt: skip

    def stop(self, *, mode: str = "immediate") -> None:
        """Stop it, if it runs: "fast" in order, "immediate" as if it crashed."""
        if self.is_up():
            self._run("pg_ctl", "stop", "-w", "-m", mode, "-D", str(self.folder))

    def is_up(self) -> bool:
        """Whether its first process runs."""
        return not self._done("pg_ctl", "status", "-D", str(self.folder)).returncode

    def _run(self, program: str, *arguments: str) -> None:
        done = self._done(program, *arguments)
        if done.returncode:
            raise NotStarted(f"{program}: {done.stderr[-400:]}")

    def _done(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # Its words go to a file: a server that was started keeps a pipe open for ever.
        with (self.folder.parent / f"{self.folder.name}.out").open("w+") as said:
            done = subprocess.run(
                [str(self._programs / program), *arguments], cwd="/", stdout=said, stderr=said,
                user=self._user.pw_uid if self._user else None, check=False,
            )  # fmt: skip
            said.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, "", said.read())
