"""`make pins`: requirements/*.in to *.txt, with hashes and without naming an index.

Versions younger than two weeks wait: time for others to find what is wrong with them.
"""

import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WAIT = timedelta(days=14)
NAMES: dict[str, list[str]] = {
    "base": ["--python-version", "3.11"],
    "dev": ["--python-version", "3.11"],
    "tracing": ["--python-version", "3.11"],
    "load": ["--python-version", "3.11"],
    "postcodes": ["--python-version", "3.11", "--no-deps"],
    "engines": ["--python-version", "3.12", "--no-deps"],
    "timetable": ["--python-version", "3.11"],
}


def main() -> int:
    """Pin each file again."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([f"{folder}/bin/pip", "install", "--quiet", "uv"], check=True)
        compile_pins = [f"{folder}/bin/uv", "pip", "compile", "--quiet", "--universal"]
        compile_pins += ["--upgrade", "--generate-hashes"]
        compile_pins += ["--no-header", "--no-emit-index-url", "--no-emit-find-links"]
        compile_pins += ["--exclude-newer", (datetime.now(UTC) - WAIT).date().isoformat()]
        for name, options in NAMES.items():
            files = [f"requirements/{name}.in", "-o", f"requirements/{name}.txt"]
            subprocess.run([*compile_pins, *options, *files], cwd=ROOT, check=True)
            print(f"requirements/{name}.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
