"""`make bench`: a throw-away database of 60,000 slots; search and claim against controls."""

import os
import sys
import tempfile


def main() -> int:
    """Build the database, run each benchmark, print its table."""
    with tempfile.TemporaryDirectory() as var:
        os.environ |= {"VAR_DIR": var, "LOG_LEVEL": "ERROR"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        os.environ["DATABASE_URL"] = f"sqlite:///{var}/bench.sqlite3"
        import django

        django.setup()
        from benchmarks import claim, desk, scene, search

        scene.build()
        for benchmark in (search, claim, desk):
            benchmark.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
