"""What a person looks for: one form, which reads a page's or an API's parameters alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar, cast

from django.http import QueryDict

from booking.exams.needed import NOTHING, Needed
from booking.identifiers.dates import DateInvalid, DateOutOfRange, DateTooEarly, DayKind
from booking.models import Exam
from booking.pages.fields import CheckboxesField, DayField, RadiosField, SelectField
from booking.pages.filters import capitalize_first
from booking.pages.forms import NhsForm
from sites.models import MODALITIES, NEEDS, Site

DAYS_SHOWN = 42
"""Without dates asked for, six weeks are looked at: what trusts feed (slots-api.md)."""
SORTS = {"nearest": "Nearest place", "soonest": "Soonest time"}
OPENING = {"evenings": "Evenings, after 6pm", "weekends": "Weekends"}
DAYPARTS = {"morning": "Morning", "afternoon": "Afternoon", "evening": "Evening, from 5pm"}
KINDS = {kind: capitalize_first(str(words)) for kind, words in Site.Kind.choices}
ONLY_HOME = "Only times I can get home from by bus, train or on foot"
NEEDED = {**NEEDS, "step_free": "To get in without using stairs"}
"""What a place has, in the words of who needs it."""


@dataclass(frozen=True)
class SearchCriteria:
    """Which times to look for. Days are in England, both included; empty sets mean any.

    `weekdays` are numbers, 0 is Monday. `within`: at places that are no more minutes away, by the
    way that the origin says. `has_way_home`: by bus, train or on foot none from which there is no
    way home (sites/travel/way_home.py); by car it says nothing.

    With an `exam`, whose modality it then is, only times that fit it, at scanners that can do what
    is `needed`. `at_once`: also times that start too soon for who is not in the building already,
    for clerks to judge.
    """

    modality: str
    first_day: date
    last_day: date
    dayparts: frozenset[str] = field(default_factory=frozenset)
    weekend: bool = False
    weekdays: frozenset[int] = field(default_factory=frozenset)
    kinds: frozenset[str] = field(default_factory=frozenset)
    sort: str = "nearest"
    needs: frozenset[str] = field(default_factory=frozenset)
    opening: frozenset[str] = field(default_factory=frozenset)
    exam: Exam | None = None
    at_once: bool = False
    needed: Needed = NOTHING
    within: int | None = None
    has_way_home: bool = False


class FirstDayField(DayField):
    """The first day to look at: one that has passed is today."""

    def read(self, typed: str) -> date:
        """Return the day. Raises DateInvalid."""
        try:
            return super().read(typed)
        except DateTooEarly:
            return self.today()


class _ModalityField(SelectField):
    """A DICOM code, in capitals or not."""

    def bound_data(self, data: Any, initial: Any) -> str:  # noqa: ARG002 - Django calls it
        """Return the code as it is kept."""
        return str(data or "").upper()

    def to_python(self, value: Any) -> str:
        """Return the code as it is kept."""
        return self.bound_data(value, None)


def modality_field(*, is_required: bool = False, **options: Any) -> SelectField:
    """Return the field of the scan; unless it is required, any will do."""
    wrong = f"Type one of {', '.join(MODALITIES)} for modality."
    scans = [(code, capitalize_first(words)) for code, words in MODALITIES.items()]
    return _ModalityField(
        label="Scan",
        choices=[("", "Any scan"), *scans],
        missing=wrong if is_required else "",
        error_messages={"invalid_choice": wrong},
        **options,
    )


def some_of(name: str, words: Mapping[str, str], **options: Any) -> CheckboxesField:
    """Return the field of a parameter that takes some of these words, labelled for a page."""
    wrong = f"Type one of {', '.join(words)} for {name}."
    return CheckboxesField(
        choices=list(words.items()), error_messages={"invalid_choice": wrong}, **options
    )


def one_sort(words: Mapping[str, str], **options: Any) -> RadiosField:
    """Return the field of the order of the list, labelled for a page."""
    wrong = f"Type one of {', '.join(words)} for sort."
    return RadiosField(
        choices=list(words.items()),
        initial="nearest",
        error_messages={"invalid_choice": wrong},
        **options,
    )


def only_with_way_home(words: str = ONLY_HOME, **options: Any) -> CheckboxesField:
    """Return the field of whether there must be a way home without a car, in a page's words."""
    return CheckboxesField(
        choices=[("1", words), ("0", "Any time")],
        hides=("0",),
        error_messages={
            "invalid_choice": "Type 1 for only times with a way home, or leave home out."
        },
        **options,
    )


def one_day(which: str, field_class: type[DayField] = DayField, **options: Any) -> DayField:
    """Return the field of the first or the last day to look at."""

    def say(wrong: DateInvalid) -> str:
        if isinstance(wrong, DateTooEarly):
            return f"The {which} date has passed. Type today’s date or a later one."
        if isinstance(wrong, DateOutOfRange):
            return f"The {which} date {wrong}."
        begins = f"Type the {which} date like 2026-12-01 or 1/12/2026"
        return f"{begins}: {wrong}." if str(wrong) else f"{begins}."

    return field_class(kind=DayKind.TO_COME, say=say, type="date", **options)


class CriteriaForm(NhsForm):
    """What to look for. A page gives the fields its own labels in a subclass, and names in
    `leaves_out` what it does not ask.

    `exam` says which scan, where a referral does, and `needed` what its patient needs of a scanner;
    without an exam the form asks for the modality.
    """

    parameters = {"first_day": "from", "last_day": "to"}
    leaves_out: ClassVar[Sequence[str]] = ()
    at_once: ClassVar[bool] = False

    modality = modality_field()
    first_day = one_day("first", FirstDayField, label="From")
    last_day = one_day("last", label="To")
    daypart = some_of("daypart", DAYPARTS, label="Time of day")
    weekend = CheckboxesField(
        label="Weekends",
        choices=[("1", "Weekends only"), ("0", "Any day")],
        hides=("0",),
        error_messages={"invalid_choice": "Type 1 for weekends only, or leave weekend out."},
    )
    kind = some_of("kind", KINDS, label="Kind of place")
    need = some_of("need", NEEDED, label="What is needed there")
    open = some_of("open", OPENING, label="Open")
    home = only_with_way_home(label="Without a car")
    sort = one_sort(SORTS, label="Show first")

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        exam: Exam | None = None,
        needed: Needed = NOTHING,
        **options: Any,
    ) -> None:
        """Take the parameters (a QueryDict), and which scan for whom if that is known."""
        super().__init__({} if data is None else data, **options)
        self.exam, self.needed = exam, needed
        # Where days count, the first list is by when the scan can be; distance is one press away.
        self.first_sort = "soonest" if needed.presses else "nearest"
        if "sort" in self.fields:
            self.fields["sort"].initial = self.first_sort
        for name in (*self.leaves_out, *(["modality"] if exam else [])):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Refuse a last day before the first."""
        found = super().clean() or {}
        first, last = found.get("first_day"), found.get("last_day")
        if first and last and last < first:
            words = "The last date is before the first. Type a last date that is later."
            self.add_error("last_day", words)
        return found

    @property
    def wanted(self) -> SearchCriteria:
        """What is wanted. A field with an error narrows nothing; what is right of it still does."""
        self.is_valid()
        found = self.cleaned_data | {name: self._right_of(name) for name in self._wrong_boxes()}
        first = found.get("first_day") or self.today
        return SearchCriteria(
            modality=self.exam.modality if self.exam else found.get("modality", ""),
            first_day=first,
            last_day=found.get("last_day") or first + timedelta(days=DAYS_SHOWN),
            dayparts=frozenset(found.get("daypart", ())),
            weekend="1" in found.get("weekend", ()),
            kinds=frozenset(found.get("kind", ())),
            sort=found.get("sort") or self.first_sort,
            needs=frozenset(found.get("need", ())),
            opening=frozenset(found.get("open", ())),
            exam=self.exam,
            at_once=self.at_once,
            needed=self.needed,
            has_way_home="1" in found.get("home", ()),
        )

    @property
    def is_open_ended(self) -> bool:
        """Whether no last day was asked for, so that times after the usual weeks will do, too."""
        self.is_valid()
        return not self.cleaned_data.get("last_day")

    def without_errors(self) -> QueryDict:
        """Return the parameters, without those that are wrong."""
        given = QueryDict(mutable=True)
        given.update(self.data)
        for name in self.errors:
            given.pop(self.add_prefix(name), None)
            if name in self._wrong_boxes() and (right := self._right_of(name)):
                given.setlist(self.add_prefix(name), right)
        return given

    def _wrong_boxes(self) -> list[str]:
        return [name for name in self.errors if isinstance(self.fields.get(name), CheckboxesField)]

    def _right_of(self, name: str) -> list[str]:
        """Return the choices of a field that are among its own."""
        field = cast("CheckboxesField", self.fields[name])
        return [value for value in self[name].value() or () if field.valid_value(value)]
