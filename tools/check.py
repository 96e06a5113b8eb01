"""`make check`: style, types, who imports whom, settings, migrations, libraries, a deployment.

Asking about known vulnerabilities needs a network; without one it says so, and fails nothing.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tools.environment import DEVELOP, PYTHON, ROOT, SetUpFailed, prepare
from tools.production import PRODUCTION

BIN = PYTHON.parent
SAYS = {"settings", "old code", "sbom", "pip-audit"}
"""What says in a line what it looked at, though nothing was wrong."""
CHECKS: dict[str, list[str | Path]] = {
    "ruff": [BIN / "ruff", "check", "."],
    "format": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "mypy": [BIN / "mypy", "--hide-error-context", "."],
    "imports": [BIN / "lint-imports"],
    "settings": [PYTHON, "-m", "tools.settings_matrix"],
    "old code": [PYTHON, "-m", "tools.migration_safety"],
    "sbom": [PYTHON, "-m", "tools.sbom", "--check"],
    "pip-audit": [PYTHON, "-m", "tools.vulnerabilities"],
    "migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
    "deploy": [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
}


def main() -> int:
    """Run every check, whatever the others say; return 1 if any failed."""
    try:
        prepare(DEVELOP)
    except SetUpFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    failed = []
    with tempfile.TemporaryDirectory() as var:
        for name, command in CHECKS.items():
            env = {**os.environ, "VAR_DIR": var, **(PRODUCTION if name == "deploy" else {})}
            done = subprocess.run(
                [str(word) for word in command],
                cwd=ROOT,
                env=env,
                capture_output=True,
                text=True,
                check=False,
            )
            said = f": {' '.join(done.stdout.split())}" if name in SAYS else ""
            print(f"{name:<12}{'failed' if done.returncode else f'ok{said}'}", flush=True)
            if done.returncode:
                failed.append(name)
                print(done.stdout + done.stderr)
    print(f"Checks failed: {', '.join(failed)}" if failed else "Checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
