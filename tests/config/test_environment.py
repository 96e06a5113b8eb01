"""What the environment says of hours: by day, or refused."""

from datetime import time

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import hours_by_day


def test_hours_are_read_by_the_day_of_the_week(monkeypatch):
    monkeypatch.setenv("TEAM_HOURS", "Mon=8-18, Sat=9:30-12:05")

    assert hours_by_day("TEAM_HOURS", "Tue=8-18") == {
        0: (time(8), time(18)), 5: (time(9, 30), time(12, 5)),
    }  # fmt: skip


@pytest.mark.parametrize(
    "word", ["Moon=8-18", "Mon", "Mon=8", "Mon=8-8", "Mon=18-8", "Mon=8-25", "Mon=8-9-10", ","]
)
def test_other_hours_are_refused(monkeypatch, word):
    monkeypatch.setenv("TEAM_HOURS", word)

    with pytest.raises(ImproperlyConfigured, match="TEAM_HOURS must be written like Mon=8-18"):
        hours_by_day("TEAM_HOURS", "Mon=8-18")
