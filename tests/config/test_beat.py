"""What runs by itself: ticks that no worker came for do not pile up, whatever they tick for."""

import pytest
from celery.schedules import crontab

from config.beat import beat_schedule

ENTRIES = beat_schedule(sms_seconds=7, alert_seconds=9)


@pytest.mark.parametrize("name", ENTRIES)
def test_a_tick_ends_when_the_next_is_due_and_a_time_of_day_does_not(name):
    entry = ENTRIES[name]
    ends = entry.get("options", {}).get("expires")

    if isinstance(entry["schedule"], crontab):
        assert ends is None
    else:
        assert ends == entry["schedule"] > 0
