"""The invented network is whole: every cut of a count adds up to it, and it has its story."""

from collections import Counter
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Q, Sum

from insights import invented, keeping
from insights.against_baseline import Baseline
from insights.demo import making, story
from insights.measures import COUNTERS, MEASURES
from insights.models import (
    DayFigure,
    Dm01Month,
    Invented,
    NeedMonth,
    PersonMonth,
    PlaceMonth,
    TrustMonth,
)
from insights.reading import Filters, series
from sites.models import Site
from tests.insights.invented_network import make_invented, make_places

LAST = date(2026, 10, 1)
FIRST = date(2024, 11, 1)
CLIFF = date(2025, 1, 1)
AWAY = date(2026, 2, 1)


@pytest.fixture
def network(made_once):
    return made_once(make_invented)


def sums(model, *more, **asked):
    columns = ("counter", "group", "trust", "modality", *more)
    rows = model.objects.filter(**asked).values_list(*columns)
    return {row[:-2]: row[-2:] for row in rows.annotate(Sum("n"), Sum("total")).order_by()}


def how_many(model, **asked):
    return model.objects.filter(**asked).aggregate(Sum("n"))["n__sum"] or 0


@pytest.mark.parametrize("model", [PlaceMonth, PersonMonth, NeedMonth])
def test_places_people_and_needs_add_up_to_the_trusts(network, model):
    assert sums(model, "month") == sums(TrustMonth, "month")


@pytest.mark.parametrize("model", [PlaceMonth, PersonMonth])
def test_they_add_up_by_urgency_too(network, model):
    assert sums(model, "month", "urgency") == sums(TrustMonth, "month", "urgency")


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (TrustMonth, ["urgency"]),
        (PlaceMonth, ["site", "hours", "urgency"]),
        (PersonMonth, ["decile", "age", "urgency"]),
        (NeedMonth, ["needs"]),
    ],
)
def test_the_days_of_the_last_month_add_up_to_it(network, model, columns):
    assert sums(DayFigure, *columns) == sums(model, *columns, month=LAST)


def test_who_waits_is_counted_on_the_last_day_alone_and_all_else_on_days_of_their_hours(network):
    waits = DayFigure.objects.filter(counter="waiting")
    assert set(waits.values_list("day", flat=True)) == {date(2026, 10, 31)}
    scans = DayFigure.objects.filter(counter="scans").values_list("day", "hours").distinct()
    weekends = {(day.weekday() >= 5, hours == 2) for day, hours in scans}
    assert weekends == {(True, True), (False, False)}
    assert len({day for day, _ in scans}) == 31


def by_place(counter, **asked):
    rows = PlaceMonth.objects.filter(counter=counter, **asked)
    grouped = rows.values_list("month", "site", "hours", "modality").annotate(Sum("n"))
    return Counter({tuple(key): n for *key, n in grouped.order_by()})


def test_who_was_booked_came_or_did_not_and_took_a_time(network):
    came = by_place("scans") + by_place("did_not_attend")
    assert by_place("booked") == came
    assert by_place("slots", group__in=("taken", "taken+")) == came


def test_times_out_of_hours_are_named_so(network):
    ordinary = PlaceMonth.objects.filter(counter="slots", hours=0)
    out = PlaceMonth.objects.filter(counter="slots", hours__gt=0)
    assert set(ordinary.values_list("group", flat=True)) == {"taken", "unused", "lost"}
    assert set(out.values_list("group", flat=True)) == {"taken+", "unused+", "lost+"}


def test_every_counter_and_group_is_one_that_is_counted(network):
    counted = {one.code for one in COUNTERS}
    assert set(TrustMonth.objects.values_list("counter", flat=True).distinct()) == counted
    for measure in MEASURES:
        values = list(series(measure, Filters()).values())
        assert len(values) == 24, measure.code
        assert all(value is not None for value in values), measure.code


def test_the_year_before_the_pandemic_comes_and_goes_with_what_is_invented(network, now):
    assert Baseline().of(LAST, "RXL", "CT") == story.usual("CT", "RXL", 10)
    invented.clear()
    assert not Dm01Month.objects.exists()


def test_a_year_that_was_published_stays(db, now):
    make_places()
    month = date(2019, 10, 1)
    Dm01Month.objects.create(month=month, provider="RXL", test="CT", activity=7, loaded_at=now)
    later = now + timedelta(minutes=1)
    making.create(later)
    assert set(Dm01Month.objects.filter(provider="RXL").values_list("activity")) == {(7,)}
    invented.clear()
    assert list(Dm01Month.objects.values_list("activity", flat=True)) == [7]


def test_nothing_real_is_counted_over_it_in_silence(network, now):
    before = TrustMonth.objects.count()
    assert keeping.keep(now) == []
    with pytest.raises(CommandError, match="--replace-invented"):
        call_command("rebuild_measures", "--from", "2026-11-23", "--to", "2026-11-23")
    assert TrustMonth.objects.count() == before
    call_command("rebuild_measures", "--from", "2026-11-23", "--to", "2026-11-23",
                 "--replace-invented", stdout=StringIO())  # fmt: skip
    assert not invented.stands()
    assert not TrustMonth.objects.filter(month=LAST).exists()


def test_there_are_24_whole_months(network):
    months = TrustMonth.objects.order_by("month").values_list("month", flat=True).distinct()
    assert (len(months), months.first(), months.last()) == (24, FIRST, LAST)


def share_over(modality, month):
    waits = TrustMonth.objects.filter(counter="waiting", modality=modality, month=month)
    found = waits.aggregate(over=Sum("n", filter=Q(group__gte="06")), all=Sum("n"))
    return 100 * found["over"] / found["all"]


def test_ct_falls_from_the_cliff_to_below_one_percent(network):
    assert share_over("CT", date(2024, 12, 1)) < 3
    assert 42 < share_over("CT", CLIFF) < 47  # of the whole network it is 47
    assert share_over("CT", LAST) < 1
    falling = [share_over("CT", date(2025, month, 1)) for month in range(1, 13)]
    assert falling == sorted(falling, reverse=True)


def test_of_all_four_trusts_the_cliff_is_at_47_percent():
    kept = sum(
        share * story.over_six_weeks("CT", trust, story.CLIFF)
        for trust, share in story.TRUST_SHARES.items()
    )
    assert round(100 * kept) == 47


@pytest.mark.parametrize(("modality", "percent"), [("CT", 150.0), ("MR", 137.0)])
def test_in_the_end_more_is_scanned_than_in_2019(network, modality, percent):
    done = how_many(TrustMonth, counter="scans", modality=modality, month=LAST)
    trusts = ("RXL", "RTX") if modality == "CT" else ("RXL",)
    before = sum(story.usual(modality, trust, LAST.month) for trust in trusts)
    assert round(100 * done / before, 1) == percent
    at_the_cliff = how_many(TrustMonth, counter="scans", modality=modality, month=CLIFF)
    assert at_the_cliff < before / 2


def test_the_new_centre_opens_and_grows(network):
    here = {"counter": "scans", "site": network[story.NEW_CENTRE]}
    opens = date(2025, 10, 1)
    assert not how_many(PlaceMonth, **here, month__lt=opens)
    assert 0 < how_many(PlaceMonth, **here, month=opens) < how_many(PlaceMonth, **here, month=LAST)


def test_a_scanner_is_away_for_a_month(network):
    def at(counter, month, group=None):
        asked = {"counter": counter, "trust": "RXL", "modality": "MR", "month": month}
        return how_many(TrustMonth, **asked, **({"group": group} if group else {}))

    before, after = date(2026, 1, 1), date(2026, 3, 1)
    assert at("scans", AWAY) < 0.8 * min(at("scans", before), at("scans", after))
    assert at("slots", AWAY, "lost") > 5 * at("slots", before, "lost")
    assert at("displaced", AWAY) > 10 * at("displaced", before)


def test_evenings_and_weekends_rise(network):
    def share(month):
        asked = {"counter": "slots", "month": month}
        return how_many(PlaceMonth, **asked, hours__in=(1, 2, 3)) / how_many(PlaceMonth, **asked)

    assert share(FIRST) < 0.15 < 0.25 < share(LAST)


def test_every_row_is_of_a_place_and_trust_that_is_there(network):
    known = {0, *Site.objects.values_list("pk", flat=True)}
    assert set(PlaceMonth.objects.values_list("site", flat=True)) <= known
    assert not PlaceMonth.objects.filter(n__lt=0).exists()


def test_a_second_time_it_does_nothing_and_a_month_later_it_goes_on(network, now):
    assert making.create(now) == 0
    later = now + timedelta(days=31)
    assert making.create(later) > 0
    assert TrustMonth.objects.order_by("-month").first().month == date(2026, 11, 1)
    assert not TrustMonth.objects.filter(month=FIRST).exists()
    assert Invented.objects.count() == 1


def test_real_figures_are_not_mixed_with_invented_ones(db, now):
    make_places()
    DayFigure.objects.create(counter="scans", trust="RXL", modality="CT", day=LAST, n=3)

    with pytest.raises(invented.FiguresAreReal):
        making.create(now)
    said = StringIO()
    call_command("seed_insights", stdout=said)

    assert "not mixed" in said.getvalue()
    assert (DayFigure.objects.count(), invented.stands()) == (1, False)


def test_without_places_it_says_what_to_do(db):
    with pytest.raises(CommandError, match="load_places"):
        call_command("seed_insights")


def test_it_does_not_run_in_production(db, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        call_command("seed_insights")
