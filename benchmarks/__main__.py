"""`make bench`: throw-away databases of 60,000 slots; each part against its controls.

`python -m benchmarks --only texts` runs one part; `--scale 4m --only search` over more slots. With
PostgreSQL at hand it is measured too.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack

from tools import servers

PARTS = (
    "search",
    "claim",
    "winners",
    "publish",
    "ingest",
    "texts",
    "replies",
    "desk",
    "travel",
    "offers",
    "lost",
    "sooner",
    "insights",
)
SCALES = {"60k": 1, "600k": 10, "4m": 67}
"""How many times the 60,000 slots, and their 40 sites, there are."""
NAME = "finder_bench"


def main(arguments: list[str]) -> int:
    """Run the parts on each database that can be had, each in a process of its own."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument("--scale", choices=SCALES, default="60k", help="how many slots")
    asked = parser.parse_args(arguments)
    with ExitStack() as stack:
        var = stack.enter_context(tempfile.TemporaryDirectory())
        urls = [f"sqlite:///{var}/bench.sqlite3"]
        server = servers.postgresql(stack)
        if server:
            urls.append(os.environ.get("BENCH_DATABASE_URL") or _fresh(server.url))
        for url in urls:
            env = {**os.environ, "VAR_DIR": var, "LOG_LEVEL": "CRITICAL", "DATABASE_URL": url}
            env["DJANGO_SETTINGS_MODULE"] = "config.settings"
            scale = str(SCALES[asked.scale])
            command = [sys.executable, "-m", "benchmarks.parts", scale, *asked.only]
            if code := subprocess.run(command, env=env, check=False).returncode:
                return code
    return 0


def _fresh(url: str) -> str:
    """Make the benchmark's own database anew, and return its address."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME}")
        connection.execute(f"CREATE DATABASE {NAME}")
    return url.rsplit("/", 1)[0] + f"/{NAME}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
