"""The project's own Python environment, made or mended on any machine with python3 and pip."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
RUN = ["base", "postcodes"]
DEVELOP = [*RUN, "tracing", "dev"]


class SetUpFailed(Exception):
    """Set-up cannot go on; the text says why and what to do."""


def require_python(version: tuple[int, ...] = sys.version_info[:2]) -> None:
    """Raise SetUpFailed if this Python is too old."""
    if version[:2] < OLDEST:
        wanted, found = ".".join(map(str, OLDEST)), ".".join(map(str, version[:2]))
        raise SetUpFailed(
            f"This needs Python {wanted} or newer; `{sys.executable}` is {found}. "
            "Install a newer one, then: make run PYTHON=python3.12"
        )


def prepare(names: Sequence[str]) -> None:
    """Make .venv hold exactly what requirements/<name>.txt pin, with nothing to do if it does.

    A stamp is written last, so that a set-up that was stopped half-way is seen and done again.
    Raises SetUpFailed.
    """
    require_python()
    files = [ROOT / "requirements" / f"{name}.txt" for name in names]
    stamps = {name: _stamp(file) for name, file in zip(names, files, strict=True)}
    if PYTHON.exists() and all(_is_stamped(name, stamp) for name, stamp in stamps.items()):
        return
    if not _works():
        print("Making .venv", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(VENV)], "Python could not make .venv")
    print("Installing what the project needs (a minute or two)", flush=True)
    requirements = [part for file in files for part in ("-r", str(file))]
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run(
        [*pip, "--require-hashes", "--no-deps", *requirements],
        "pip could not install. Is there a network, or a package index?",
    )
    for name, stamp in stamps.items():
        (VENV / f".installed-{name}").write_text(stamp, encoding="utf-8")


def manage(*arguments: str, env: dict[str, str] | None = None) -> None:
    """Run one manage.py command. Raises SetUpFailed if it fails; its own words stand above."""
    done = subprocess.run(
        [str(PYTHON), str(ROOT / "manage.py"), *arguments], cwd=ROOT, env=env, check=False
    )
    if done.returncode:
        raise SetUpFailed(f"`manage.py {arguments[0]}` failed; its message is above.")


def _works() -> bool:
    """Whether .venv has a Python that runs, of a version that will do, and pip."""
    if not PYTHON.exists():
        return False
    check = f"import sys, pip; sys.exit(sys.version_info[:2] < {OLDEST})"
    done = subprocess.run([str(PYTHON), "-c", check], capture_output=True, check=False)
    return done.returncode == 0


def _stamp(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _is_stamped(name: str, stamp: str) -> bool:
    file = VENV / f".installed-{name}"
    return file.exists() and file.read_text(encoding="utf-8") == stamp


def _run(command: list[str], failure: str) -> None:
    env = {**os.environ, "PIP_NO_INPUT": "1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "ERROR" in line] or [
            done.stderr[-500:]
        ]
        raise SetUpFailed("\n".join([f"{failure}:", *said[-3:]]))
