"""Some weeks of the benchmark's year: the order is never broken, nobody who fits is passed over."""

from datetime import UTC, datetime

import pytest

from benchmarks.sooner_year import Year
from booking.models import SoonerAsk

pytestmark = pytest.mark.django_db


def test_the_order_is_never_broken_and_nobody_who_fits_is_passed_over(settings):
    year = Year(days=14, a_day=4, begins=datetime(2026, 1, 5, tzinfo=UTC))
    result = year.play()
    assert result.broken == []
    assert result.passed_over == []
    assert result.asked > 20  # or it says nothing
    channels = set(SoonerAsk.objects.values_list("offer__channel", flat=True))
    assert channels == {"text", "phone"}
