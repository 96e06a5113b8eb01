"""The search for times at the desk: dates, time of day, kind of place, needs there, order."""

from booking.search.criteria import (
    NEEDED,
    CriteriaForm,
    FirstDayField,
    one_day,
    one_sort,
    some_of,
)
from booking.search.needs_there import NeedsThereForm

SMALL = "nhsuk-checkboxes--small"
DAYPARTS = {"morning": "Morning", "afternoon": "Afternoon", "evening": "Evening"}
KINDS = {"hospital": "Hospital", "cdc": "Diagnostic centre", "mobile": "Mobile stop"}
SORTS = {"nearest": "Nearest first", "soonest": "Soonest first"}


class TimesForm(CriteriaForm):
    """What the caller may narrow the times by. A clerk may offer a time that starts at once."""

    first_day = one_day("first", FirstDayField, label="From", classes="desk-input")
    last_day = one_day("last", label="To", classes="desk-input")
    daypart = some_of("daypart", DAYPARTS, label="Time of day", classes=SMALL)
    kind = some_of("kind", KINDS, label="Kind of place", classes=SMALL)
    sort = one_sort(SORTS, label="Order", classes="nhsuk-radios--small")
    leaves_out = ("open", "need")
    at_once = True


class NeedsFilterForm(NeedsThereForm):
    """What the patient needs at a place; asked apart, so that it stands in no address."""

    need = some_of("need", NEEDED, label="Needs there", classes=f"{SMALL} desk-filters__columns")
