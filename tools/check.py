"""`make check`: style, types, who imports whom, migrations, and settings fit for production."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tools.environment import DEVELOP, PYTHON, ROOT, SetUpFailed, prepare

BIN = PYTHON.parent
CHECKS: dict[str, list[str | Path]] = {
    "ruff": [BIN / "ruff", "check", "."],
    "format": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "mypy": [BIN / "mypy", "--hide-error-context", "."],
    "imports": [BIN / "lint-imports"],
    "migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
    "deploy": [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
}
PRODUCTION = {
    "MODE": "production",
    "SECRET_KEY": "only-for-this-check-" + "x7Kq" * 12,
    "ALLOWED_HOSTS": "scans.example",
    "PUBLIC_BASE_URL": "https://scans.example",
    "TRUSTED_PROXIES": "10.0.0.5",
    "DATABASE_URL": "postgres://finder@database:5432/finder",  # checks ask no database
    "SMS_GATEWAY": "twilio",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "only-for-this-check",
    "TWILIO_MESSAGING_SERVICE_SID": "MG" + "0" * 32,
    "FIELD_KEYS": "b25seS1mb3ItdGhpcy1jaGVjay0tLS0tLS0tLS0tLS0=",
    "NUMBER_HASH_KEY": "only-for-this-check-" + "k7Xq" * 12,
    "AUDIT_KEY": "only-for-this-check-" + "m3Zt" * 12,
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
            print(f"{name:<12}{'failed' if done.returncode else 'ok'}", flush=True)
            if done.returncode:
                failed.append(name)
                print(done.stdout + done.stderr)
    print(f"Checks failed: {', '.join(failed)}" if failed else "Checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
