"""`make bench`: a throw-away database of 60,000 slots; search, claim and texts against controls.

`python -m benchmarks texts` takes texts alone, on the database server that DATABASE_URL names.
"""

import os
import sys
import tempfile


def main(only: list[str]) -> int:
    """Build the database, run each benchmark, print its table."""
    with tempfile.TemporaryDirectory() as var:
        os.environ |= {"VAR_DIR": var, "LOG_LEVEL": "CRITICAL"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        if only != ["texts"]:
            os.environ["DATABASE_URL"] = f"sqlite:///{var}/bench.sqlite3"
        import django

        django.setup()
        from django.db import connection

        from benchmarks import claim, scene, search, texts

        if only == ["texts"]:
            name = connection.settings_dict["NAME"]
            connection.creation.create_test_db(verbosity=0, autoclobber=True)
            try:
                texts.run()
            finally:
                connection.creation.destroy_test_db(name, verbosity=0)
            return 0
        scene.build()
        for benchmark in (search, claim, texts):
            benchmark.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
