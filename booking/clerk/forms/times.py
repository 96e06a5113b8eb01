"""The search for times at the desk, in the words of who calls: which part of day, which days, how
far; and below them dates, kind of place, needs there, order."""

from dataclasses import replace
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.http import QueryDict

from booking.pages.fields import SelectField, TextField
from booking.search.criteria import (
    NEEDED,
    CriteriaForm,
    FirstDayField,
    SearchCriteria,
    one_day,
    one_sort,
    only_with_way_home,
    some_of,
)
from booking.search.needs_there import NeedsThereForm, search_of
from booking.search.weekdays import WEEKDAYS, WEEKEND
from received.numbers import whole_number

SMALL = "nhsuk-checkboxes--small"
IN_LINE = f"{SMALL} nhsuk-checkboxes--inline desk-inline"
DAYPARTS = {"morning": "Morning", "afternoon": "Afternoon", "evening": "Evening"}
KINDS = {"hospital": "Hospital", "cdc": "Diagnostic centre", "mobile": "Mobile stop"}
SORTS = {"nearest": "Nearest first", "soonest": "Soonest first"}
THIS_WEEK, NEXT_WEEK, TWO_WEEKS, DATES = "this-week", "next-week", "two-weeks", "dates"
WHEN = {
    "": "Any time",
    THIS_WEEK: "This week",
    NEXT_WEEK: "Next week",
    TWO_WEEKS: "Next two weeks",
    DATES: "From date to date",
}
DAYS = {
    "mon": "Mon", "tue": "Tue", "wed": "Wed", "thu": "Thu", "fri": "Fri", "sat": "Sat",
    "sun": "Sun", "weekdays": "Weekdays", "weekend": "Weekend",
}  # fmt: skip
"""What may be ticked, any of them together."""
_SINGLE = {name: frozenset({number}) for number, name in enumerate([*DAYS][:7])}
DAY_SETS = {**_SINGLE, "weekdays": WEEKDAYS - WEEKEND, "weekend": WEEKEND}
MOST_MINUTES = 600
ONE_WEEK = timedelta(days=7)


class TimesForm(CriteriaForm):
    """What the caller may narrow the times by. A clerk may offer a time that starts at once."""

    when = SelectField(
        label="When", choices=list(WHEN.items()), classes="desk-input",
        error_messages={"invalid_choice": "Choose one of these for when"},
    )  # fmt: skip
    within = TextField(
        label="At most minutes away", longest=10, inputmode="numeric", autocomplete="off",
        classes="nhsuk-input--width-4", label_classes="desk-short",
    )  # fmt: skip
    first_day = one_day("first", FirstDayField, label="From", classes="desk-input")
    last_day = one_day("last", label="To", classes="desk-input")
    daypart = some_of("daypart", DAYPARTS, label="Time of day", classes=IN_LINE)
    day = some_of("day", DAYS, label="Days", classes=IN_LINE)
    home = only_with_way_home("Only times with a way home", label="Without a car", classes=IN_LINE)
    kind = some_of("kind", KINDS, label="Kind of place", classes=SMALL)
    sort = one_sort(SORTS, label="Order", classes="nhsuk-radios--small")
    leaves_out = ("open", "need", "weekend")
    at_once = True

    def clean_within(self) -> int | None:
        """Return the minutes, None for any number of them."""
        typed = self.cleaned_data["within"].strip()
        minutes = whole_number(typed, 1, MOST_MINUTES)
        if typed and minutes is None:
            words = f"Type the minutes as a whole number from 1 to {MOST_MINUTES}, like 30"
            raise ValidationError(words)
        return minutes

    @property
    def wanted(self) -> SearchCriteria:
        """What is wanted. A week that is chosen counts, not the dates of the boxes."""
        wanted, found = super().wanted, self.cleaned_data
        days = found.get("day") or self._right_of("day")
        first, last = self._week(found.get("when", "")) or (wanted.first_day, wanted.last_day)
        return replace(
            wanted,
            first_day=first,
            last_day=last,
            weekdays=frozenset().union(*(DAY_SETS[day] for day in days)),
            within=found.get("within"),
        )

    @property
    def is_open(self) -> bool:
        """Whether what stands below the line is chosen, or wrong, so that it is shown."""
        below = ("first_day", "last_day", "kind")
        return any(name in self.errors or self.cleaned_data.get(name) for name in below)

    def _week(self, when: str) -> tuple[date, date] | None:
        """Return the first and the last day of what is chosen; None for dates, or any."""
        monday = self.today - timedelta(days=self.today.weekday())
        weeks = {
            THIS_WEEK: (self.today, monday + timedelta(days=6)),
            NEXT_WEEK: (monday + ONE_WEEK, monday + timedelta(days=13)),
            TWO_WEEKS: (self.today, self.today + timedelta(days=13)),
        }
        return weeks.get(when)


class NeedsFilterForm(NeedsThereForm):
    """What the patient needs at a place; asked apart, so that it stands in no address."""

    need = some_of("need", NEEDED, label="Needs there", classes=f"{SMALL} desk-filters__columns")


def narrowing_of(sent: QueryDict) -> QueryDict:
    """Return what a form says of the search for its address: of a week that is chosen and of dates
    only the one that counts, so that the page shows what it looks for."""
    query = search_of(sent)
    if query.get("when") in (THIS_WEEK, NEXT_WEEK, TWO_WEEKS):
        for box in ("from", "to"):
            query.pop(box, None)
    elif "from" in query or "to" in query:
        query["when"] = DATES
    return query
