"""Runs deploy/nginx.conf with this machine's nginx, for the checks and the tests."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from contextlib import suppress
from http.client import HTTPSConnection
from pathlib import Path
from types import TracebackType

from tools.deployment import ROOT

CONFIG = ROOT / "deploy" / "nginx.conf"
_AS_WHOM = "daemon off;" + (" user root;" if os.getuid() == 0 else "")
WITHIN = 20.0
"""Seconds in which nginx must listen."""


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate that is signed by itself, and its key."""
    pair = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=scans.example", "-out", str(pair[0]), "-keyout",
         str(pair[1])],
        check=True, capture_output=True,
    )  # fmt: skip
    return pair


class Proxy:
    """nginx with our configuration, in front of one web server; it ends with the block."""

    def __init__(
        self, program: str, folder: Path, web: str, pair: tuple[Path, Path], **seconds: str
    ) -> None:
        self._program, self.folder = program, folder / "proxy"
        self.port, self.plain_port = free_port(), free_port()
        self._config = _as_here(CONFIG.read_text(encoding="utf-8"), self, web, pair, seconds)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Proxy":
        self.folder.mkdir()
        config = self.folder / "nginx.conf"
        config.write_text(self._config, encoding="utf-8")
        self._process = subprocess.Popen(
            [self._program, "-c", str(config), "-p", str(self.folder), "-g", _AS_WHOM],
            stdout=(self.folder / "log").open("wb"),
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + WITHIN
        while not self._listens():
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.1)
                raise RuntimeError(f"nginx ended: {self.log()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"nginx does not listen: {self.log()}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """Return what nginx said."""
        return (self.folder / "log").read_text(errors="replace")

    def open(self) -> ssl.SSLSocket:
        """Return a socket with TLS."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        return _unverified().wrap_socket(plain, server_hostname="scans.example")

    def status(self, path: str) -> int:
        """Return the status of an answer."""
        asked = HTTPSConnection("127.0.0.1", self.port, timeout=60, context=_unverified())
        asked.request("GET", path, headers={"Host": "scans.example"})
        return asked.getresponse().status

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _as_here(
    config: str, proxy: Proxy, web: str, pair: tuple[Path, Path], seconds: dict[str, str]
) -> str:
    """Return the configuration with this machine's addresses and files, all else as it is."""
    for there, here in {
        "/tmp/": f"{proxy.folder}/",
        "http://web:8000": web,
        "/run/secrets/tls_certificate": str(pair[0]),
        "/run/secrets/tls_key": str(pair[1]),
        "/dev/stderr": str(proxy.folder / "errors"),
        "/dev/stdout": str(proxy.folder / "access"),
        "8080 default_server": f"127.0.0.1:{proxy.plain_port} default_server",
        "8443 ssl": f"127.0.0.1:{proxy.port} ssl",
    }.items():
        config = config.replace(there, here)
    config = re.sub(r"^ *listen \[::\]:.*\n", "", config, flags=re.MULTILINE)
    for name, value in seconds.items():
        config = re.sub(rf"\b{name} \w+;", f"{name} {value};", config)
    return config
