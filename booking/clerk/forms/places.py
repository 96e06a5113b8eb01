"""The forms of a site, a scanner and a stop: their fields are the columns of the places file.

They check nothing themselves but what may be chosen: the import's own checks do (sites.imports).
"""

from collections.abc import Iterable
from typing import Any

from booking.pages.fields import CheckboxesField, HiddenField, SelectField, TextField
from booking.pages.forms import NhsForm
from sites.imports.cells import RowRefused
from sites.imports.table import Row
from sites.models import MODALITIES, NEEDS, Site

UNKNOWN = [("", "Nobody said"), ("yes", "Yes"), ("no", "No")]
NARROW = "nhsuk-input--width-5"
DAY_WIDE = "nhsuk-input--width-10"


class PlaceForm(NhsForm):
    """What the three share. `agreed` is what was shown of whom it touches, empty if nothing was."""

    agreed = HiddenField()

    def __init__(
        self, *args: Any, choices: dict[str, list[tuple[str, str]]], **options: Any
    ) -> None:
        """Offer the trusts and sites that this person may choose."""
        super().__init__(*args, **options)
        for name, own in choices.items():
            if name in self.fields:
                self.fields[name].choices = own  # type: ignore[attr-defined]

    def row(self, was: Row) -> Row:
        """Return the row as it is to be, of a form that is valid; `was` is how it is now."""
        sent = self.cleaned_data
        columns = {"first": "from"}
        told = {columns.get(name, name): _cell(value) for name, value in sent.items()}
        del told["agreed"]
        return {**was, **told}

    def refuse(self, refusal: RowRefused) -> None:
        """Show why the import's checks refused it, at the field that it is about."""
        column = {"from": "first"}.get(refusal.column, refusal.column)
        if column == "id" and "id" not in self.fields:
            column = "name"
        words = str(refusal)
        if column in self.fields and words.startswith(f"{refusal.column} "):
            label = str(self.fields[column].label).removesuffix(" (optional)")
            words = label + words.removeprefix(refusal.column)
        self.add_errors({column: words[:1].upper() + words[1:]})


def _cell(value: Any) -> str:
    return "; ".join(value) if isinstance(value, list) else str(value)


class SiteForm(PlaceForm):
    """A place."""

    name = TextField(label="Name", missing="Type the name")
    kind = SelectField(label="What it is", missing="Choose what it is", choices=Site.Kind.choices)
    trust = SelectField(label="Trust", missing="Choose the trust")
    address = TextField(label="Address", missing="Type the address")
    postcode = TextField(label="Postcode", missing="Type the postcode", classes=NARROW)
    ods_code = TextField(label="ODS code (optional)", classes=NARROW)
    hours = TextField(
        label="Opening hours (optional)",
        hint="Like Mon-Fri 08:00-20:00; Sat 09:00-17:00. Days that are not named are closed",
    )
    entrance = TextField(label="Entrance (optional)")
    building = TextField(label="Building (optional)")
    parking = TextField(label="Parking (optional)")
    blue_badge = TextField(label="Blue Badge parking (optional)")
    bus = TextField(label="Bus (optional)")
    rail = TextField(label="Train (optional)")
    facilities = CheckboxesField(label="What there is (optional)", choices=list(NEEDS.items()))


def _able(label: str) -> SelectField:
    return SelectField(label=label, choices=UNKNOWN)


class ScannerForm(PlaceForm):
    """A scanner and what it can do."""

    id = TextField(
        label="Code",
        hint="Its name in files and feeds, like MR-VAN-1. It stays for ever",
        missing="Type the code",
        longest=80,
    )
    name = TextField(label="Name", missing="Type the name")
    modality = SelectField(
        label="Scan", missing="Choose the scan", choices=list(MODALITIES.items())
    )
    site = SelectField(label="Where it stands")
    trust = SelectField(label="Trust, if it is mobile")
    bore_cm = TextField(label="Width of the opening in cm (optional)", classes=NARROW)
    table_kg = TextField(label="Heaviest person in kg (optional)", classes=NARROW)
    contrast = _able("Scans with a dye (contrast)")
    hoist = _able("There is a hoist")
    step_free = _able("No steps to it")
    wheelchair_transfer = _able("Staff help from a wheelchair onto the table")
    wide = _able("A wide or open scanner")
    under_16s = _able("Scans children under 16")
    general_anaesthetic = _able("People can be asleep (general anaesthetic)")
    excluded_exams = TextField(
        label="Exams that it does not do (optional)", hint="Codes, like MR-HEAD; MR-HEART"
    )


class StopForm(PlaceForm):
    """Where a mobile scanner stands, from which day to which."""

    site = SelectField(label="Where", missing="Choose where")
    first = TextField(
        label="First day", hint="Like 3/12/2026", missing="Type the first day", classes=DAY_WIDE
    )
    to = TextField(label="Last day", missing="Type the last day", classes=DAY_WIDE)
    opens = TextField(
        label="Opens", hint="Like 08:30", missing="Type when it opens", classes=NARROW
    )
    closes = TextField(label="Closes", missing="Type when it closes", classes=NARROW)


def own_sites(sites: Iterable[Site], kept: Site | None) -> list[tuple[str, str]]:
    """Return the choices of open sites by name, and the one where it is now."""
    found = {one.slug: one.name for one in sites}
    if kept is not None:
        found.setdefault(kept.slug, kept.name)
    return sorted(found.items(), key=lambda one: one[1])


class AgreeForm(NhsForm):
    """Beside what a place is to be: that it is to be taken away, and whom its preview said that the
    change touches.
    """

    remove = HiddenField(longest=3)
    agreed = HiddenField(longest=100)
