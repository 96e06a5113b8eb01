"""The fields by which people say what they would come sooner for."""

from collections.abc import Sequence
from typing import Any

from booking.offers.sooner.answers import NOTICES, WEEKDAYS, Answers
from booking.pages.fields import CheckboxesField, HiddenField, RadiosField
from booking.pages.forms import NhsForm
from booking.search.criteria import DAYPARTS
from received.numbers import whole_number

Choices = Sequence[tuple[str, str]]


class NoticeForm(NhsForm):
    """How soon somebody can come."""

    notice = RadiosField(
        label="How soon can you come?", label_size="l", is_page_heading=True,
        hint="Between our text and the scan. Think of work, care, and how to get there.",
        choices=list(NOTICES.items()), missing="Choose how soon you can come",
    )  # fmt: skip


class WhereForm(NhsForm):
    """How far somebody would travel."""

    where = RadiosField(
        label="Where would you go?", label_size="l", is_page_heading=True,
        missing="Choose where you would go",
    )  # fmt: skip

    def __init__(self, *args: Any, choices: Choices, **options: Any) -> None:
        """Offer what may be chosen."""
        super().__init__(*args, **options)
        self.fields["where"].choices = choices  # type: ignore[attr-defined]


class SitesForm(NhsForm):
    """Which places somebody would go to."""

    sites = CheckboxesField(
        label="Which places would you go to?", label_size="l", is_page_heading=True,
        hint="Tick all that are good for you.", missing="Tick at least one place",
    )  # fmt: skip

    def __init__(self, *args: Any, choices: Choices, **options: Any) -> None:
        """Offer what may be chosen."""
        super().__init__(*args, **options)
        self.fields["sites"].choices = choices  # type: ignore[attr-defined]


class DaysForm(NhsForm):
    """On which days somebody can come."""

    days = CheckboxesField(
        label="Which days can you come?", label_size="l", is_page_heading=True,
        hint="Tick all that are good for you. If any day is good, tick none.",
        choices=list(WEEKDAYS.items()),
    )  # fmt: skip


class PartsForm(NhsForm):
    """At which times of day somebody can come."""

    parts = CheckboxesField(
        label="Which times of day are good?", label_size="l", is_page_heading=True,
        hint="Tick all that are good for you. If any time is good, tick none.",
        choices=list(DAYPARTS.items()),
    )  # fmt: skip


class SaveForm(NhsForm):
    """What the page to check showed, signed by whoever made it."""

    shown = HiddenField(longest=4000)


class AllForm(NhsForm):
    """All of it at once, for clerks. `wish` is the version of the wish that the page showed."""

    notice = RadiosField(
        label="How soon can they come?", choices=[*NOTICES.items()],
        missing="Choose how soon they can come",
    )  # fmt: skip
    where = RadiosField(label="Where would they go?", missing="Choose where they would go")
    sites = CheckboxesField(label="Which places, if they choose them")
    days = CheckboxesField(label="Days (none ticked: any)", choices=list(WEEKDAYS.items()))
    parts = CheckboxesField(label="Times of day (none ticked: any)", choices=list(DAYPARTS.items()))
    wish = HiddenField(longest=9)

    def __init__(self, *args: Any, where: Choices, sites: Choices, **options: Any) -> None:
        """Offer what may be chosen."""
        super().__init__(*args, **options)
        self.fields["where"].choices = where  # type: ignore[attr-defined]
        self.fields["sites"].choices = sites  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask which places, if these are to be chosen."""
        found = super().clean() or {}
        if self.answers.missing == "sites":
            self.add_error("sites", "Tick at least one place")
        return found

    @property
    def seen(self) -> int:
        """The version of the wish that the page showed; -1, which none has, if it does not say."""
        found = whole_number(str(self["wish"].value() or ""))
        return -1 if found is None else found

    @property
    def answers(self) -> Answers:
        """What was answered."""
        sent = self.cleaned_data
        return Answers(
            sent.get("notice", ""), sent.get("where", ""), tuple(sent.get("sites", ())),
            tuple(sent.get("days", ())), tuple(sent.get("parts", ())),
        )  # fmt: skip
