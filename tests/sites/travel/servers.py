"""Real routers on loopback, over our own network."""

import io
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import call_command

from tools import engines


@contextmanager
def real(name):
    """Run a real engine over the exported network; skip, with the reason, where there is none."""
    if not engines.program(name).exists():
        pytest.skip(f"{name} is not here: tools/engines.py (make test) could not get it")
    with tempfile.TemporaryDirectory() as folder:
        roads = Path(folder) / "roads.osm.pbf"
        call_command("export_road_network", str(roads), stdout=io.StringIO())
        with engines.serve(name, roads) as url:
            yield url
