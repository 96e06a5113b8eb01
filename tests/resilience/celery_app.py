"""The service's own Celery application as the tests start it, from outside of the product.

HARNESS_NOW is what time it is when the worker starts, HARNESS_SPEED how fast its clock goes, and
HARNESS_STEP where it stops and writes the file HARNESS_REACHED, to be killed.
"""

import os
import time
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import django

from config import celery_app as app

django.setup()

from notifications import tasks  # noqa: E402
from tests.resilience import steps  # noqa: E402

NOW = datetime.fromisoformat(os.environ["HARNESS_NOW"])
SPEED = float(os.environ["HARNESS_SPEED"])
BEGAN = time.monotonic()

# The pace of beat, whose own clock is the real one, so that minutes take no minutes.
app.conf.beat_schedule = {
    "tick": {"task": tasks.tick.name, "schedule": 0.5, "options": {"expires": 5}},
    "reconcile": {"task": tasks.reconcile.name, "schedule": 0.5, "options": {"expires": 5}},
}
tasks.timezone = SimpleNamespace(  # type: ignore[assignment]
    now=lambda: NOW + SPEED * timedelta(seconds=time.monotonic() - BEGAN)
)
if os.environ["HARNESS_STEP"]:
    steps.stop_at(os.environ["HARNESS_STEP"], Path(os.environ["HARNESS_REACHED"]).touch)

__all__ = ["app"]
