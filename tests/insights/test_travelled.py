"""Minutes travelled: where both ends are known, against the nearest place that does the scan."""

from datetime import time, timedelta

import pytest

from insights import keeping, travelled
from insights.building import count
from insights.measures import measure_of
from insights.models import Counting, Travelled
from insights.reading import Filters, values
from sites import places
from sites.models import Postcode, Scanner

AT_LANCASTER, AT_FURNESS = {"postcode": "LA1 4RP"}, {"postcode": "LA14 4LF"}


@pytest.fixture(autouse=True)
def fresh_places(furness, lancaster):
    places.forget()


def by_scan():
    rows = Travelled.objects.order_by("appointment__start")
    return list(rows.values_list("minutes", "nearest"))


def test_who_lives_at_the_place_travels_nothing_and_who_went_further_says_how_much(
    scan, furness, lancaster, now
):
    day = now.date() - timedelta(days=1)
    scan(day, time(9), site=lancaster, patient=AT_LANCASTER)
    scan(day, time(10), site=furness, patient=AT_LANCASTER)

    assert travelled.fill(now) == 2

    (near, nearest), (far, also_nearest) = by_scan()
    assert near == nearest == also_nearest
    assert 45 < far - nearest < 90


@pytest.mark.parametrize("postcode", ["", "LA1", "ZZ1 1ZZ", "LA99 9ZZ"])
def test_where_it_is_not_known_where_they_live_it_is_not_guessed(scan, now, postcode):
    scan(now.date() - timedelta(days=1), time(9), patient={"postcode": postcode})

    travelled.fill(now)
    count([now.date() - timedelta(days=1)], today=now.date())

    assert by_scan() == [(None, None)]
    assert values(measure_of("minutes_travelled"), "month", Filters()) == {}


def test_a_place_that_does_not_do_the_scan_is_not_the_nearest(scan, furness, lancaster, now):
    Scanner.objects.filter(site=lancaster).update(excluded_exams=["MR-1"])
    places.forget()
    scan(now.date() - timedelta(days=1), time(9), site=furness, patient=AT_LANCASTER)

    travelled.fill(now)

    ((minutes, nearest),) = by_scan()
    assert minutes == nearest > 45


def test_only_scans_are_filled_in_the_last_first_and_each_once(scan, now):
    for days, status in ((1, "attended"), (2, "attended"), (1, "did_not_attend"), (0, "booked")):
        scan(now.date() - timedelta(days=days), time(9), status=status, patient=AT_FURNESS)

    assert travelled.fill(now, at_most=1) == 1
    (first,) = Travelled.objects.values_list("appointment__start", flat=True)
    assert first.date() == now.date() - timedelta(days=1)
    assert [travelled.fill(now), travelled.fill(now)] == [1, 0]


def test_means_tie_out_and_a_journey_found_later_is_counted(scan, furness, lancaster, now):
    day = now.date() - timedelta(days=40)
    Postcode.objects.create(
        code="LA9 4RP", outward="LA9", sector="LA9 4", lat=54.328, lon=-2.747
    )  # in Kendal, some way from either place
    kendal = {"postcode": "LA9 4RP"}
    for site, home in ((lancaster, AT_LANCASTER), (furness, AT_LANCASTER), (furness, kendal)):
        scan(day, time(9), site=site, patient=home)
    scan(day, time(9), site=furness, patient={"postcode": ""})
    Counting.objects.create(name=keeping.NAME, seen=now - timedelta(hours=1))

    travelled.fill(now)
    keeping.keep(now)

    known = [row for row in by_scan() if row[0] is not None]
    assert len(known) == 3
    assert 0 < max(nearest for _, nearest in known) < max(minutes for minutes, _ in known)
    month = day.replace(day=1)
    assert values(measure_of("minutes_travelled"), "month", Filters()) == {
        month: sum(minutes for minutes, _ in known) / 3
    }
    assert values(measure_of("extra_minutes"), "month", Filters()) == {
        month: sum(minutes - nearest for minutes, nearest in known) / 3
    }
