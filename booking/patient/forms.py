"""What the patient's pages ask, and what their buttons carry."""

from collections.abc import Mapping

from booking.identifiers.codes import LENGTH, NEVER_IN_CODES, read_code
from booking.identifiers.dates import DayKind
from booking.pages.fields import (
    DayBoxesField,
    HiddenField,
    NeedsField,
    RadiosField,
    ShownNeedsField,
    TextField,
)
from booking.pages.fields.base import invalid
from booking.pages.forms import NhsForm
from booking.search.criteria import (
    DAYPARTS,
    KINDS,
    NEEDED,
    SORTS,
    CriteriaForm,
    FirstDayField,
    one_day,
    one_sort,
    only_with_way_home,
    some_of,
)
from booking.search.needs_there import NeedsThereForm
from booking.search.origin import OriginField, way_field
from received.numbers import whole_number

SMALL = "nhsuk-checkboxes--small"
LONGEST_KNOWN = 500
LONGEST_KEY = 64
DAY_GROUP = {"classes": "finder-filters__day"}


class CodeForm(NhsForm):
    """The booking code."""

    code = TextField(
        label="What is your booking code?", label_size="l", is_page_heading=True,
        hint="It is in our text or letter. It has 8 letters and numbers, like 7KQ4 9CRB.",
        missing="Enter your booking code", longest=40, classes="nhsuk-input--width-10 finder-code",
        spellcheck=False, autocomplete="off", autocapitalize="characters",
    )  # fmt: skip

    def clean_code(self) -> str:
        """Return the code as it is kept."""
        code = read_code(self.cleaned_data["code"])
        if code is None:
            if sum(sign.isalnum() for sign in self.cleaned_data["code"]) == LENGTH:
                raise invalid(
                    f"Check your booking code. Our codes never have the letters {NEVER_IN_CODES}"
                )
            raise invalid("Booking code must be 8 letters and numbers, like 7KQ4 9CRB")
        return code


class BirthdayForm(NhsForm):
    """The date of birth that goes with a code."""

    born = DayBoxesField(
        label="What is your date of birth?", label_size="l", is_page_heading=True,
        subject="Date of birth", kind=DayKind.BIRTHDAY, missing="Enter your date of birth",
    )  # fmt: skip
    whose = HiddenField(longest=LONGEST_KEY)

    @classmethod
    def whose_of(cls, sent: Mapping[str, str]) -> str:
        """Return which code a form says that it is about (codes_at_hand.py); empty if none."""
        return sent.get("whose", "")[:LONGEST_KEY]


class OriginForm(NhsForm):
    """Where the patient travels from."""

    postcode = OriginField(
        label="Where will you travel from?", label_size="l", is_page_heading=True,
        hint="Enter a postcode, like LA14 4LF. The first part, like LA14, or a town, like Kendal,"
        " will do.",
        classes="nhsuk-input--width-10", autocomplete="postal-code",
    )  # fmt: skip


class WayForm(NhsForm):
    """How the patient travels."""

    way = way_field(
        label="How will you travel?", label_size="l", is_page_heading=True,
        hint="We show how long each way takes. You can change it later.",
        missing="Choose how you will travel",
    )  # fmt: skip


class FilterForm(CriteriaForm):
    """What the patient may narrow the list of places and times by."""

    first_day = one_day("first", FirstDayField, label="From", formGroup=DAY_GROUP)
    last_day = one_day("last", label="To", formGroup=DAY_GROUP)
    daypart = some_of("daypart", DAYPARTS, label="Time of day", label_size="s", classes=SMALL)
    kind = some_of(
        "kind", KINDS, label="Kind of place", label_size="s", classes=SMALL, hides=("mobile",)
    )
    home = only_with_way_home(label="Without a car", label_size="s", classes=SMALL)
    sort = one_sort(SORTS, label="Show first", label_size="s", classes="nhsuk-radios--small")
    leaves_out = ("need",)  # asked by a form of its own: it stands in no address


class NeedsFilterForm(NeedsThereForm):
    """What the patient needs at a place."""

    need = some_of(
        "need", NEEDED, label="What I need there", label_size="s",
        classes=f"{SMALL} finder-filters__columns", formGroup={"classes": "finder-filters__wide"},
    )  # fmt: skip
    clear = HiddenField(longest=1)

    @property
    def is_cleared(self) -> bool:
        """Whether the button that clears all choices was pressed."""
        return bool(self["clear"].value())


class NeedsForm(NhsForm):
    """What the patient needs on the day."""

    needs = NeedsField(label="What do you need?", for_patient=True)
    shown = ShownNeedsField()


class SlotForm(NhsForm):
    """The time that a button is about."""

    slot = HiddenField(missing="Choose a time")

    def clean_slot(self) -> int:
        """Return its id."""
        return read_number(self.cleaned_data["slot"])


class KnownForm(NhsForm):
    """The tokens of the warnings of a time that the page has said."""

    known = HiddenField(longest=LONGEST_KNOWN)

    @property
    def said(self) -> str:
        """The tokens; none of what cannot be read."""
        return str(self.cleaned_data["known"]) if self.is_valid() else ""


class ConfirmForm(SlotForm, KnownForm):
    """Book the time that is held; one with warnings wants a second press."""


class OfferForm(NhsForm):
    """Whether the patient wants the time that is kept for them, and which that was."""

    YES, NO, OTHER = "yes", "no", "other"

    answer = RadiosField(
        label="Do you want this time?", label_size="m",
        choices=[(YES, "Yes, I want this time"), (NO, "No, I do not want it"),
                 (OTHER, "I want to choose another time")],
        missing="Choose whether you want this time",
    )  # fmt: skip
    offer = HiddenField(missing="Go back and look again")

    def clean_offer(self) -> int:
        """Return its key."""
        return read_number(self.cleaned_data["offer"])

    @classmethod
    def offer_of(cls, sent: Mapping[str, str]) -> int | None:
        """Return the offer that a form names, whatever else it says; None if none."""
        return whole_number(sent.get("offer", ""))


class StopForm(NhsForm):
    """Whether the place suits where a mobile scanner stands now: which button was pressed."""

    YES, NO = "yes", "no"

    suits = HiddenField(longest=3)

    @classmethod
    def said_in(cls, sent: Mapping[str, str]) -> str:
        """Return what a form says, empty for none of its buttons."""
        form = cls(sent)
        return str(form.cleaned_data["suits"]) if form.is_valid() else ""


def read_number(typed: str) -> int:
    """Return an id that a page of ours wrote. Raises ValidationError."""
    number = whole_number(typed)
    if number is None:
        raise invalid("Go back and choose again")
    return number
