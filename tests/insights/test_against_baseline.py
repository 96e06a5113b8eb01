"""Activity against 2019/20, from DM01: same month, raw and by working day."""

from datetime import UTC, date, datetime

import pytest

from insights import against_baseline as base
from insights.against_baseline import Baseline, against, percentages
from insights.models import Dm01Month, Successor
from sites.models import Trust

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
OCTOBER, MARCH = date(2026, 10, 1), date(2027, 3, 1)


@pytest.fixture
def trusts(db):
    for code in ("RXL", "RXR"):
        Trust.objects.create(code=code, name=code)


def publish(provider, test, month, done=(0, 0, 0), **said):
    names = ("waiting_list_activity", "planned_activity", "unscheduled_activity")
    said = {**dict(zip(names, done, strict=True)), "activity": sum(done), **said}
    Dm01Month.objects.create(provider=provider, test=test, month=month, loaded_at=NOW, **said)


def test_the_worked_example():
    raw, by_day = percentages(1380, 23, 1000, 22)

    assert f"{raw:.1f}" == "138.0"
    assert f"{by_day:.1f}" == "132.0"


def test_a_month_is_compared_with_the_same_month_by_englands_working_days():
    found = against(1100, OCTOBER, 1000)

    assert base.working_days(OCTOBER) == 22
    assert base.working_days(date(2019, 10, 1)) == 23
    assert base.working_days(date(2019, 4, 1)) == 20  # without Good Friday and Easter Monday
    assert found.percent == pytest.approx(110)
    assert found.by_working_day == pytest.approx(110 * 23 / 22)
    assert found.words == ""


def test_march_2019_stands_for_march_2020_and_says_so():
    months = base.baseline_months()

    assert (months[0], months[1], months[-1]) == (
        date(2019, 3, 1), date(2019, 4, 1), date(2020, 2, 1),
    )  # fmt: skip
    assert len(months) == 12
    assert base.baseline_month(MARCH) == date(2019, 3, 1)
    assert base.baseline_month(date(2026, 2, 1)) == date(2020, 2, 1)
    assert "March 2019 stands for March 2020" in against(10, MARCH, 10).words


def test_a_baseline_of_zero_or_none_is_said_and_never_divided_by():
    zero, missing = against(10, OCTOBER, 0), against(10, OCTOBER, None)

    assert (zero.percent, zero.by_working_day) == (None, None)
    assert zero.words == "There is nothing to divide by: no scan was done in October 2019."
    assert (missing.percent, missing.by_working_day) == (None, None)
    assert missing.words == "There is no baseline: DM01 of October 2019 is not loaded."


@pytest.mark.parametrize(("done", "before"), [(-1, 10), (10, -1)])
def test_activity_is_never_negative(done, before):
    with pytest.raises(ValueError, match="never negative"):
        against(done, OCTOBER, before)


def test_the_baseline_is_what_was_booked_of_a_trust_and_a_modality(trusts):
    publish("RXL", "CT", date(2019, 10, 1), done=(800, 200, 5000))
    publish("RXL", "MRI", date(2019, 10, 1), done=(300, 0, 10))
    publish("RXL", "COLONOSCOPY", date(2019, 10, 1), done=(900, 0, 0))
    publish("RXL", "CT", date(2020, 3, 1), done=(1, 0, 0))
    publish("RXL", "CT", date(2019, 3, 1), done=(700, 0, 0))
    baseline = Baseline()

    assert baseline.of(OCTOBER, "RXL", "CT") == 1000
    assert baseline.of(OCTOBER, "RXL") == 1300
    assert baseline.of(OCTOBER, "RXL", "US") == 0  # a month that is known, and no row of it
    assert baseline.of(MARCH, "RXL", "CT") == 700
    assert baseline.against(1380, OCTOBER, "RXL", "CT").percent == pytest.approx(138)


def test_of_all_trusts_together_each_must_be_known(trusts):
    publish("RXL", "CT", date(2019, 10, 1), done=(800, 0, 0))
    assert Baseline().of(OCTOBER) is None
    assert "not loaded" in Baseline().against(5, OCTOBER).words

    publish("RXR", "CT", date(2019, 10, 1), done=(200, 0, 0))
    assert Baseline().of(OCTOBER) == 1000
    assert Baseline(["RXR"]).of(OCTOBER) == 200


def test_an_older_layout_that_has_the_total_alone_counts_all_of_it(trusts):
    none = dict.fromkeys(("waiting_list_activity", "planned_activity", "unscheduled_activity"))
    publish("RXL", "CT", date(2019, 10, 1), **none, activity=900)
    publish("RXR", "CT", date(2019, 10, 1), **none, activity=None)

    assert Baseline().of(OCTOBER, "RXL", "CT") == 900
    assert Baseline().of(OCTOBER, "RXR", "CT") is None


def test_the_months_of_a_trust_that_was_merged_count(trusts):
    Successor.objects.create(code="RMB", trust="RXL", who="Ann", why="merged", said_at=NOW)
    publish("RXL", "CT", date(2019, 10, 1), done=(800, 0, 0))
    publish("RMB", "CT", date(2019, 10, 1), done=(150, 50, 0))
    publish("RMB", "MRI", date(2019, 10, 1), done=(7, 0, 0))

    assert Baseline().of(OCTOBER, "RXL", "CT") == 1000
    assert Baseline().of(OCTOBER, "RXL", "MR") == 7


def test_x_ray_and_radionuclide_have_no_baseline(trusts):
    found = Baseline().against(10, OCTOBER, "RXL", "DX")

    assert found.percent is None
    assert found.words == "DM01 does not ask for X-ray: no baseline."
    assert Baseline().of(OCTOBER, "RXL", "NM") is None


def test_a_series_is_in_order_of_its_months(trusts):
    publish("RXL", "CT", date(2019, 10, 1), done=(100, 0, 0))
    series = Baseline().series({date(2026, 11, 1): 5, OCTOBER: 150}, "RXL", "CT")

    assert list(series) == [OCTOBER, date(2026, 11, 1)]
    assert [one.percent for one in series.values()] == [150, None]


def test_the_baseline_is_read_in_three_queries_for_however_many_months(
    trusts, django_assert_num_queries
):
    publish("RXL", "CT", date(2019, 10, 1), done=(100, 0, 0))
    with django_assert_num_queries(4):  # trusts, successors, twice, and the months
        baseline = Baseline()
        baseline.series({date(2026, month, 1): 5 for month in range(1, 13)}, "RXL")
