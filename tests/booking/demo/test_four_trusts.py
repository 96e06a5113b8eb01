"""Four trusts feed a running service while people book: docs/four-trusts.md, in some seconds."""

import os

import pytest
from django.db import connection

from benchmarks import four_trusts
from booking.models import Appointment, Slot
from tools.clusters import free_port


@pytest.fixture
def play(prepared, settings, tmp_path):
    """A short play on the test's own database; the service's files are the test's too."""
    settings.FEEDS_MAY_BE_PRIVATE = True
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        database = f"sqlite:///{name}"
    else:
        database = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
    for folder in ("broker", "broker-control"):
        (tmp_path / folder).mkdir()
    env = {
        **os.environ, "DATABASE_URL": database, "VAR_DIR": str(tmp_path), "LOG_LEVEL": "WARNING",
        "CELERY_QUEUE": "four-trusts", "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    return four_trusts.Play(
        tmp_path, env, port=free_port(), minutes=0.15, kills=1, patients=2,
        referrals=25, days=3, every=1.0,
    )  # fmt: skip


def test_nothing_is_doubled_or_lost_while_four_trusts_go_wrong(play):
    found = four_trusts.run(play)

    assert found.is_clean, "\n".join(found.lines)
    assert found.counts["booked"] == Appointment.objects.count() > 0
    assert Slot.objects.values("trust_id").distinct().count() == 4
