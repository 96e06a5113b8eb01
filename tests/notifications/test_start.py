"""Nothing starts with words that may not be sent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "start",
    [
        ["manage.py", "check"],
        ["-m", "celery", "-A", "config", "worker", "--concurrency", "1"],
        ["-c", "import config.wsgi"],
    ],
)
def test_a_language_without_words_stops_the_start(start, tmp_path):
    for folder in ("broker", "broker-control"):
        (tmp_path / folder).mkdir()
    env = {**os.environ, "SMS_LANGUAGES": "en,xx", "VAR_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, *start], cwd=ROOT, env=env, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "SMS_LANGUAGES names 'xx', for which there is no wording." in done.stdout + done.stderr
