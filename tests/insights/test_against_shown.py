"""Scans against 2019/20 on staff's pages: a plain count, rounded for others."""

import csv
import io
from calendar import monthrange
from collections import Counter
from datetime import UTC, date, datetime

import pytest

from insights import keeping
from insights.measures import measure_of
from insights.models import Dm01Month, Successor, TrustMonth
from insights.reading import Filters
from insights.rounding import rounded_values
from insights.shown import series_of, shown_by
from insights.sight import Sight
from sites.models import Trust
from tests.insights.pages.conftest import look, text  # noqa: F401 - fixture
from tests.insights.test_tie_out import FIRST, NOW, TODAY, dice, naive, scene  # noqa: F401
from times.working_days import is_working_day

RAW, BY_DAY = measure_of("against_baseline"), measure_of("against_baseline_by_day")
TESTS = {"CT": "CT", "MR": "MRI", "US": "NON_OBSTETRIC_ULTRASOUND", "BMD": "DEXA_SCAN"}
ALL = ("RTX", "RXN", "RXL")
OCTOBER, MARCH = date(2026, 10, 1), date(2026, 3, 1)
PAGE = "/staff/insights/m/against_baseline/"


def sight(*own, old=None):
    """Return what somebody sees of three trusts who is of these."""
    named = {code: f"Trust {code}" for code in ALL if code not in (old or {})}
    return Sight(frozenset(own), named, may_compare=True, old=old or {})


EVERYTHING = sight(*ALL)


@pytest.fixture
def publish(db):
    """Load what was done in a month of the baseline, of one trust: booked scans by test."""

    def publish(provider, month, **done):
        for test, n in {**dict.fromkeys(TESTS.values(), 0), **done}.items():
            Dm01Month.objects.create(
                month=month, provider=provider, test=test, loaded_at=NOW, activity=n + 9,
                waiting_list_activity=n, planned_activity=0, unscheduled_activity=9,
            )  # fmt: skip

    return publish


@pytest.fixture
def trusts(db):
    for code in ALL:
        Trust.objects.create(code=code, name=f"Trust {code}")


@pytest.fixture
def did():
    """Write how many scans a trust did in a month."""

    def did(trust, month, n, modality="MR"):
        TrustMonth.objects.create(
            counter="scans", trust=trust, month=month, modality=modality, n=n, urgency="routine"
        )

    return did


def days(month):
    """Return the working days of a month, by a plain count."""
    each = range(1, monthrange(month.year, month.month)[1] + 1)
    return sum(is_working_day(month.replace(day=day)) for day in each)


# --- ties out -------------------------------------------------------------------------------------


def test_it_is_what_a_plain_count_gives_of_any_trust_and_scan(scene, dice, publish):  # noqa: F811
    before = {}
    for trust in ALL:
        for month in (9, 10, 11):
            done = {test: dice.randrange(1, 90) for test in TESTS.values()}
            publish(trust, date(2019, month, 1), **done)
            before |= {(trust, code, month): done[test] for code, test in TESTS.items()}
    keeping.rebuild(FIRST, TODAY, NOW)
    rows = [known for known, _, _ in naive("scans")]

    for trust in (None, *ALL):
        for modality in (None, "CT", "MR", "US"):
            fits = Counter(
                known["month"] for known in rows
                if trust in (None, known["trust"]) and modality in (None, known["modality"])
            )  # fmt: skip
            found = series_of([RAW, BY_DAY], Filters(trust=trust, modality=modality), EVERYTHING)
            for month in fits:
                then = sum(
                    n for (code, scan, number), n in before.items()
                    if number == month.month and trust in (None, code)
                    and modality in (None, scan)
                )  # fmt: skip
                raw = 100 * fits[month] / then
                by_day = raw * days(month.replace(year=2019)) / days(month)
                asked = (trust, modality, month)
                assert found[RAW.code][month].value == pytest.approx(raw), asked
                assert found[BY_DAY.code][month].value == pytest.approx(by_day), asked
            assert set(found[RAW.code]) >= set(fits)
    assert len(rows) > 50, "the test would be blind"


def test_a_month_with_a_working_day_more_is_no_better_for_it(trusts, publish, did):
    month = date(2025, 9, 1)
    publish("RTX", date(2019, 9, 1), MRI=1050)
    did("RTX", month, 1100)
    found = series_of([RAW, BY_DAY], Filters(trust="RTX"), EVERYTHING)

    assert (days(month), days(month.replace(year=2019))) == (22, 21)
    assert found[RAW.code][month].words(RAW) == "104.8%"
    assert found[BY_DAY.code][month].words(BY_DAY) == "100.0%"


def test_the_second_table_is_of_the_last_month_by_trust_and_by_scan(trusts, publish, did):
    for trust, n in zip(ALL, (100, 200, 400), strict=True):
        publish(trust, date(2019, 10, 1), MRI=n, CT=n)
        did(trust, OCTOBER, 150)
        did(trust, date(2026, 9, 1), 999)
    did("RTX", OCTOBER, 50, "CT")
    did("RTX", OCTOBER, 5000, "DX")
    asked = Filters(modality="MR", first=date(2026, 1, 1), last=OCTOBER)
    by_trust = shown_by(RAW, "trust", asked, EVERYTHING)
    by_scan = shown_by(RAW, "modality", Filters(trust="RTX", last=OCTOBER), EVERYTHING)

    assert {key: one.value for key, one in by_trust.items()} == {
        "RTX": 150.0, "RXN": 75.0, "RXL": 37.5,
    }  # fmt: skip
    assert {key: one.words(RAW) for key, one in by_scan.items()} == {
        "MR": "150.0%", "CT": "50.0%", "DX": "not known",
    }  # fmt: skip
    assert by_scan["DX"].note == "DM01 does not ask for X-ray: no baseline."


def test_scans_that_dm01_does_not_ask_for_are_in_no_total(trusts, publish, did):
    publish("RTX", date(2019, 10, 1), MRI=100)
    did("RTX", OCTOBER, 150)
    did("RTX", OCTOBER, 5000, "DX")
    did("RTX", OCTOBER, 300, "NM")

    assert series_of([RAW], Filters(trust="RTX"), EVERYTHING)[RAW.code][OCTOBER].value == 150
    scans = measure_of("scans")
    assert series_of([scans], Filters(trust="RTX"), EVERYTHING)["scans"][OCTOBER].value == 5450


# --- bad input ------------------------------------------------------------------------------------


def test_a_baseline_of_zero_or_none_is_not_known_and_no_error(trusts, publish, did):
    publish("RTX", date(2019, 9, 1), MRI=0)
    for month in (date(2026, 9, 1), OCTOBER):
        did("RTX", month, 40)
    found = series_of([RAW, BY_DAY], Filters(trust="RTX"), EVERYTHING)

    for measure in (RAW, BY_DAY):
        shown = found[measure.code]
        assert [one.words(measure) for one in shown.values()] == ["not known", "not known"]
        assert [one.cell(measure) for one in shown.values()] == ["", ""]
    zero, missing = found[RAW.code].values()
    assert zero.note == "There is nothing to divide by: no scan was done in September 2019."
    assert missing.note == "There is no baseline: DM01 of October 2019 is not loaded."


def test_of_several_trusts_none_is_known_unless_all_are(trusts, publish, did):
    for trust in ALL[:2]:
        publish(trust, date(2019, 10, 1), MRI=100)
    did("RTX", OCTOBER, 150)

    assert series_of([RAW], Filters(), EVERYTHING)[RAW.code][OCTOBER].value is None
    publish("RXL", date(2019, 10, 1), MRI=100)
    assert series_of([RAW], Filters(), EVERYTHING)[RAW.code][OCTOBER].value == 50


def test_march_2019_stands_for_march_2020_and_every_such_month_says_so(trusts, publish, did):
    publish("RTX", date(2019, 3, 1), MRI=100)
    publish("RTX", date(2020, 3, 1), MRI=7)
    did("RTX", MARCH, 90)
    shown = series_of([RAW], Filters(trust="RTX"), EVERYTHING)[RAW.code][MARCH]

    assert (shown.value, shown.note) == (
        90, "March 2019 stands for March 2020, which the pandemic broke.",
    )  # fmt: skip


def test_a_month_without_scans_between_others_is_nought(trusts, publish, did):
    for month in (8, 9, 10):
        publish("RTX", date(2019, month, 1), MRI=100)
    did("RTX", date(2026, 8, 1), 90)
    did("RTX", OCTOBER, 90)
    found = series_of([RAW], Filters(trust="RTX"), EVERYTHING)[RAW.code]

    assert [one.value for one in found.values()] == [90, 0, 90]
    assert series_of([RAW], Filters(trust="RXN"), EVERYTHING)[RAW.code] == {}


# --- who sees it, and how exactly -----------------------------------------------------------------


@pytest.mark.parametrize(("n", "said"), [(7, "*"), (8, "10.0%"), (12, "10.0%"), (13, "15.0%")])
def test_anothers_is_of_rounded_scans_against_what_is_public(trusts, publish, did, n, said):
    publish("RXL", date(2019, 10, 1), MRI=100)
    did("RXL", OCTOBER, n)
    shown = series_of([RAW], Filters(trust="RXL"), sight("RTX"))[RAW.code][OCTOBER]

    assert shown.words(RAW) == said


def test_none_can_be_had_by_taking_ones_own_away(trusts, publish, did):
    for trust in ALL:
        publish(trust, date(2019, 10, 1), MRI=100)
    did("RTX", OCTOBER, 90)
    did("RXL", OCTOBER, 3)

    assert series_of([RAW], Filters(), sight("RTX"))[RAW.code][OCTOBER].words(RAW) == "*"
    assert series_of([RAW], Filters(), EVERYTHING)[RAW.code][OCTOBER].value == pytest.approx(31)


def test_the_packs_is_of_rounded_sums_too(trusts, publish, did):
    for trust in ALL:
        publish(trust, date(2019, 10, 1), MRI=100)
        publish(trust, date(2019, 9, 1), MRI=100)
        did(trust, OCTOBER, 142)
        did(trust, date(2026, 9, 1), 2)
    did("RXL", OCTOBER, 900, "DX")
    found = rounded_values([RAW, BY_DAY], "month", Filters())

    assert found[RAW.code][OCTOBER].value == pytest.approx(100 * 425 / 300)  # 426
    assert found[BY_DAY.code][OCTOBER].value == pytest.approx(100 * 425 / 300 * 23 / 22)
    assert found[RAW.code][date(2026, 9, 1)].is_hidden
    assert rounded_values([RAW], "trust", Filters()) == {}


# --- trusts that were merged ----------------------------------------------------------------------


def test_a_merged_trusts_scans_and_baseline_are_those_of_what_it_is_now(trusts, publish, did):
    Successor.objects.create(code="RXN", trust="RXL", who="Ann", why="merged", said_at=NOW)
    for trust, n in (("RXL", 100), ("RXN", 50)):
        publish(trust, date(2019, 10, 1), MRI=n)
        did(trust, OCTOBER, n)
    merged = sight(*ALL, old={"RXN": "RXL"})

    assert series_of([RAW], Filters(trust="RXL"), merged)[RAW.code][OCTOBER].value == 100
    by_trust = shown_by(RAW, "trust", Filters(last=OCTOBER), merged)
    assert {key: one.value for key, one in by_trust.items()} == {"RXL": 100}


# --- the page -------------------------------------------------------------------------------------


@pytest.fixture
def pages(trusts, publish, did, time_machine):
    """Two years of all three trusts, and what they did in 2019/20 but for November."""
    time_machine.move_to(datetime(2026, 11, 5, 12, tzinfo=UTC), tick=False)
    for trust in ALL:
        for ago in range(24):
            index = 2026 * 12 + 9 - ago
            did(trust, date(index // 12, index % 12 + 1, 1), 120 + 3 * (ago % 5))
        for month in (*range(3, 11), 12):
            publish(trust, date(2019, month, 1), MRI=100)
        for month in (1, 2):
            publish(trust, date(2020, month, 1), MRI=100)


def test_the_page_has_the_figure_table_sentence_chart_and_the_other_way_of_counting(pages, look):  # noqa: F811
    page = " ".join(text(look().get(f"{PAGE}?trust=RTX")).split())

    assert 'figures-now__value">120.0%</p>' in page
    assert "Scans against 2019/20, by month" in page
    assert "chart__picture" in page
    assert "March 2019 stands for March 2020, which the pandemic broke." in page
    assert "There is no baseline: DM01 of November 2019 is not loaded." in page
    assert "2 months have no figure." in page
    assert 'href="/staff/insights/m/against_baseline_by_day/?trust=RTX"' in page
    assert 'href="/staff/insights/m/against_baseline/?trust=RTX"' in text(
        look("clerk").get("/staff/insights/m/against_baseline_by_day/?trust=RTX")
    )


def test_the_file_has_the_same(pages, look):  # noqa: F811
    rows = list(csv.reader(io.StringIO(text(look().get(f"{PAGE}csv/?trust=RTX&by=modality")))))
    months = {row[0]: row for row in rows}

    assert months["2026-10"][1:4] == ["Scans against 2019/20", "120.0", "%"]
    assert months["2025-11"][2] == ""
    assert months["2025-11"][7].endswith("DM01 of November 2019 is not loaded.")
    assert rows[-1][:3] == ["October 2026", "Scan: MRI", "120.0"]


def test_filters_are_in_the_address_and_refused_where_they_mean_nothing(pages, look):  # noqa: F811
    browser = look()

    page = text(browser.get(f"{PAGE}?trust=RXL&modality=MR&by=trust"))
    assert 'value="RXL" selected' in page
    assert 'value="MR" selected' in page
    assert browser.get(f"{PAGE}?decile=1").status_code == 400


def test_the_overview_a_trusts_page_and_the_comparison_lead_to_it(pages, look):  # noqa: F811
    browser = look()

    for address in ("", "trusts/RTX/"):
        page = text(browser.get(f"/staff/insights/{address}"))
        assert "/staff/insights/m/against_baseline/" in page
        assert "/staff/insights/m/against_baseline_by_day/" in page
    compared = text(browser.get("/staff/insights/compare/?measure=against_baseline"))
    assert compared.count("120.0%") >= 3


def test_a_tile_without_a_baseline_says_why(trusts, did, look, time_machine):  # noqa: F811
    time_machine.move_to(datetime(2026, 11, 5, 12, tzinfo=UTC), tick=False)
    did("RTX", OCTOBER, 90)
    page = " ".join(text(look().get("/staff/insights/")).split())

    assert "There is no baseline: DM01 of October 2019 is not loaded." in page
