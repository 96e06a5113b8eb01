"""The line above a list that narrows and sorts it; all of it stands in the address.

A row's page carries the same in its own address, so that it knows which row comes next. What no
list of ours would say narrows nothing.
"""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any, ClassVar

from django.http import QueryDict

from booking.clerk.forms.hidden import RowNumber
from booking.models import Referral, WorklistRow
from booking.pages.fields import TYPE_AHEAD, HiddenField, SelectField
from booking.pages.filters import capitalize_first
from booking.pages.forms import NhsForm
from booking.worklists.listing import Narrowed, Sort, Whose
from received.numbers import whole_number
from sites.models import MODALITIES

URGENCIES = Referral.Urgency.choices
ALL = "all"
"""What an address says for all lists together."""
LONGEST = 1000
PLACE = re.compile(r"[0-9a-f-]+", re.ASCII)
"""How `times.keyset` writes a place in a list."""


class PlaceField(SelectField):
    """The key of a place, whichever: 0 for what is none. What one may choose is said later."""

    def to_python(self, value: Any) -> int:
        """Return the key that was sent."""
        return whole_number(str(value or "")) or 0

    def validate(self, value: Any) -> None:
        """Take any key: of a place about which nothing waits any more there are no rows."""


class ListForm(NhsForm):
    """How a list is narrowed and sorted, and of which list a row's page is.

    `after` is where in it a row stands.
    """

    parameters: ClassVar = {"kind": "list"}

    kind = HiddenField(longest=16)
    after = HiddenField(longest=LONGEST)
    place = PlaceField(label="Place", classes="desk-select", attributes=TYPE_AHEAD, for_all=True)
    modality = SelectField(
        label="Scan", classes="desk-select",
        choices=[("", "All"), *((code, capitalize_first(MODALITIES[code])) for code in MODALITIES)],
    )  # fmt: skip
    urgency = SelectField(
        label="Urgency", classes="desk-select",
        choices=[("", "All"), *((one, capitalize_first(said)) for one, said in URGENCIES)],
    )  # fmt: skip
    whose = SelectField(label="Whose", classes="desk-select", choices=[("", "All"), *Whose.choices])
    due = SelectField(
        label="Due", classes="desk-select", choices=[("", "All"), ("late", "Overdue")]
    )
    sort = SelectField(label="Order", classes="desk-select", choices=Sort.choices)

    def where(self, row: WorklistRow) -> str:
        """Return the query of a row's page: its list, how that is narrowed, and where it stands."""
        after = self._said.get("after", "")
        place = after if PLACE.fullmatch(after) else ""
        return self.address(list=self.list_of(row) or ALL, after=place)

    @property
    def narrowed(self) -> Narrowed:
        """What is shown, and in which order."""
        said = self._said
        return Narrowed(
            place=said.get("place", 0),
            modality=said.get("modality", ""),
            urgency=said.get("urgency", ""),
            whose=said.get("whose", ""),
            is_overdue=bool(said.get("due")),
            sort=said.get("sort") or Sort.PRESSING,
        )

    def list_of(self, row: WorklistRow | None) -> str:
        """Return the list whose rows follow: the one that the address names, all with an empty
        word; else that of the row."""
        kind = self._said.get("kind", "")
        if kind in WorklistRow.Kind.values:
            return str(kind)
        return "" if kind == ALL or row is None else row.kind

    def address(self, **more: str) -> str:
        """Return the query of an address that says the same, and more; no word for what is so
        anyway."""
        said = self._said
        given = {name: str(said[name]) for name in NARROWS if said.get(name)}
        if given.get("sort") == Sort.PRESSING:
            del given["sort"]
        query = QueryDict(mutable=True)
        query.update(given | {name: value for name, value in more.items() if value})
        return query.urlencode()

    def shown(self, places: Iterable[tuple[int, str]]) -> "ListForm":
        """Return the form as a page shows it, with these places to choose from: what was sent and
        narrows nothing is not in it, and is no error."""
        said = self._said
        form = ListForm(initial={name: said[name] for name in NARROWS if said.get(name)})
        choices = [("", "All"), *((str(key), name) for key, name in places)]
        chosen = str(said.get("place") or "")
        if chosen not in dict(choices):
            choices.append((chosen, "A place with nothing on the lists"))
        form.fields["place"].choices = choices  # type: ignore[attr-defined]
        return form

    @cached_property
    def _said(self) -> dict[str, Any]:
        self.full_clean()
        return self.cleaned_data


NARROWS = ("place", "modality", "urgency", "whose", "due", "sort")
"""Fields that narrow or sort; the others say where one is."""


class NextForm(NhsForm):
    """Asks for the row after this one (`seen`) on its list, as `narrowed` says it in an address."""

    narrowed = HiddenField(longest=LONGEST)
    seen = RowNumber()

    @property
    def given(self) -> QueryDict:
        """What the address says of the list."""
        return QueryDict(self.cleaned_data["narrowed"] if self.is_valid() else "")
