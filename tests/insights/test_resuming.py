"""A rebuild that is stopped goes on where it stood, and ends with what a whole one ends with."""

import io
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command

from insights import building, keeping, resuming
from insights.models import CountedDay, Counting, DayFigure, Rebuild
from tests.insights.test_late import TABLES, figures

FIRST, LAST = date(2026, 9, 20), date(2026, 11, 5)
NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)


class Killed(BaseException):
    """What nobody catches."""


@pytest.fixture
def rows(scan, wait):
    """Rows on both sides of each place where it is stopped."""
    for day in (FIRST, date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 14),
                date(2026, 10, 15), date(2026, 10, 31), LAST):  # fmt: skip
        scan(day, time(10))
        scan(day, time(10), status="did_not_attend")
    wait(date(2026, 9, 1))


def run(moment=NOW, *words):
    out = io.StringIO()
    with time_machine.travel(moment, tick=False):
        call_command("rebuild_measures", *words, stdout=out)
    return out.getvalue()


def stop_after(day, patch, released=True):
    """Run until a day is done; if it is not `released`, the process was killed."""
    count_day = building.count_day

    def counted(one, *counters):
        if one > day:
            raise Killed
        count_day(one, *counters)

    with patch.context() as here:
        here.setattr(building, "count_day", counted)
        if not released:
            here.setattr(keeping, "release", lambda: None)
        with pytest.raises(Killed):
            run()


@pytest.mark.parametrize(
    "day", [FIRST, date(2026, 9, 29), date(2026, 9, 30), date(2026, 10, 14), date(2026, 11, 4)]
)
def test_a_rebuild_that_was_stopped_goes_on_and_ends_the_same(rows, monkeypatch, day):
    run()
    whole = figures()
    for one in (*TABLES, CountedDay):
        one.objects.all().delete()
    stop_after(day, monkeypatch)
    assert Rebuild.objects.get().done == day

    said = run(NOW + timedelta(minutes=5))

    since = max(FIRST, day.replace(day=1))
    assert f"Going on at {since}: the rebuild of {FIRST} to {LAST} was stopped." in said
    assert f"Counted {since} to {LAST}." in said
    assert figures() == whole
    assert not Rebuild.objects.exists()


def test_what_was_done_is_not_counted_again(rows, monkeypatch):
    stop_after(date(2026, 10, 14), monkeypatch)
    DayFigure.objects.filter(day__lt=date(2026, 10, 1)).delete()

    run(NOW + timedelta(minutes=5))

    flows = DayFigure.objects.exclude(counter__startswith="waiting")
    assert flows.order_by("day").first().day == date(2026, 10, 1)


def test_one_that_was_killed_is_followed_an_hour_later(rows, monkeypatch):
    stop_after(date(2026, 10, 14), monkeypatch, released=False)

    with pytest.raises(CommandError, match="an hour after it"):
        run(NOW + timedelta(minutes=30))
    assert "Going on at 2026-10-01" in run(NOW + timedelta(minutes=90))


def test_stopped_among_what_stands_at_the_ends_of_months_it_counts_those_alone(rows, monkeypatch):
    with monkeypatch.context() as here:
        here.setattr(building, "count_stock", _kill)
        with pytest.raises(Killed):
            run()
    assert not DayFigure.objects.filter(counter="waiting").exists()

    assert "Going on at 2026-11-01" in run(NOW + timedelta(minutes=5))

    months = DayFigure.objects.filter(counter="waiting").order_by("day")
    assert list(months.values_list("day", flat=True).distinct()) == [
        date(2026, 9, 30), date(2026, 10, 31), LAST,
    ]  # fmt: skip


def _kill(*_given):
    raise Killed


def test_whoever_names_days_begins_with_them(rows, monkeypatch):
    stop_after(date(2026, 10, 14), monkeypatch)

    said = run(NOW, "--from", "2026-11-01")

    assert said == f"Counted 2026-11-01 to {LAST}.\n"
    assert resuming.rest() is None


def test_what_changed_while_it_was_stopped_is_seen_by_the_next_run(rows, monkeypatch):
    stop_after(date(2026, 10, 14), monkeypatch)
    run(NOW + timedelta(hours=3))

    assert Counting.objects.get().seen == NOW, "changes since the first of the two are looked at"
