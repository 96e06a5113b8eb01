"""What is looked for, as pages and the API ask for it."""

from datetime import date

import pytest
from django.http import QueryDict

from booking.models import Exam
from booking.search import criteria
from booking.search.criteria import SearchCriteria

KNEE = Exam(modality="MR")


def wanted(parameters):
    form = criteria.CriteriaForm(QueryDict(parameters), exam=KNEE, today=date(2026, 11, 24))
    return form.wanted


def test_without_dates_six_weeks_from_today_are_looked_at():
    read = wanted("")

    assert (read.first_day, read.last_day) == (date(2026, 11, 24), date(2027, 1, 5))


def test_a_first_date_that_has_passed_is_today():
    read = wanted("from=2020-01-01")

    assert read.first_day == date(2026, 11, 24)


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("day", ["9999-12-31", "25/11/2028"])
def test_a_day_over_two_years_ahead_is_refused(name, day):
    form = criteria.CriteriaForm(QueryDict(f"{name}={day}"), exam=KNEE, today=date(2026, 11, 24))

    assert "must be on or before 24 November 2028" in form.errors_by_parameter[name]


def test_one_form_reads_what_every_door_sends():
    params = QueryDict(
        "from=1/12/26&to=2026-12-24&daypart=morning,evening&daypart=afternoon&weekend=1"
        "&kind=mobile&need=parking&open=evenings&home=1&sort=soonest&modality=mr"
    )
    form = criteria.CriteriaForm(params, today=date(2026, 11, 24))

    assert form.wanted == SearchCriteria(
        "MR",
        date(2026, 12, 1),
        date(2026, 12, 24),
        frozenset({"morning", "afternoon", "evening"}),
        weekend=True,
        kinds=frozenset({"mobile"}),
        sort="soonest",
        needs=frozenset({"parking"}),
        opening=frozenset({"evenings"}),
        has_way_home=True,
    )
    chest = Exam(modality="CT")
    known = criteria.CriteriaForm(params, exam=chest).wanted
    assert (known.modality, known.exam) == ("CT", chest)


RIGHT = {
    "from": "2026-12-01", "to": "2026-12-24", "daypart": "evening", "weekend": "1",
    "kind": "cdc", "need": "parking", "open": "evenings", "home": "1", "sort": "soonest",
    "modality": "MR",
}  # fmt: skip


def test_a_wrong_value_of_one_filter_leaves_all_others_as_they_are():
    today = date(2026, 11, 24)
    whole = vars(criteria.CriteriaForm(RIGHT, today=today).wanted)

    for name in RIGHT:
        form = criteria.CriteriaForm(RIGHT | {name: "rubbish"}, today=today)
        without = {key: value for key, value in RIGHT.items() if key != name}
        assert form.wanted == criteria.CriteriaForm(without, today=today).wanted, name
        assert sum(whole[key] != value for key, value in vars(form.wanted).items()) == 1, name
        assert list(form.errors_by_parameter) == [name]
        assert "rubbish" not in form.without_errors().urlencode()
        assert form.without_errors().dict() == without


def test_of_a_filter_with_several_values_the_right_ones_still_narrow():
    form = criteria.CriteriaForm(
        QueryDict("kind=cdc&kind=palace&from=2026-12-09&to=2026-12-01&sort=soonest"),
        exam=KNEE, today=date(2026, 11, 24),
    )  # fmt: skip

    assert form.wanted.kinds == {"cdc"}
    assert (form.wanted.first_day, form.wanted.last_day) == (date(2026, 12, 9), date(2027, 1, 20))
    assert list(form.errors_by_parameter) == ["kind", "to"]
    assert form["last_day"].value() == "2026-12-01"
