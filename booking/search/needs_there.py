"""What a place must have for the person it is looked for: ticked from their record, changeable.

Needs of a known person are health data. So they are kept in the session of whoever looks, as the
origin is (origin.py), and never stand in an address, a log or a browser's history: the form of a
list is posted, and the address that it leads to has every other choice, not these.
"""

from collections.abc import Collection, MutableMapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from booking.models import Patient
from booking.models.needs import facilities_for
from booking.pages.forms import NhsForm
from booking.search.criteria import NEEDED, some_of
from booking.search.origin import OWN
from sites.models import NEEDS

KEPT = "needs_there"
FIELD = "need"
NOT_SEARCHED = (FIELD, "about", "csrfmiddlewaretoken", "clear", "filters")
"""What a posted form holds beside the search."""


@dataclass(frozen=True)
class NeedsThere:
    """What is ticked, and what the patient's record asks for; codes of facilities."""

    ticked: frozenset[str]
    told: frozenset[str]

    @property
    def told_in_words(self) -> list[str]:
        """What the record asks for, as places say that they have it."""
        return [words for code, words in NEEDS.items() if code in self.told]

    @property
    def is_changed(self) -> bool:
        """Whether something else is ticked than the record asks for."""
        return self.told != self.ticked

    @property
    def leaves_out_told(self) -> bool:
        """Whether places may be listed that lack something that the record asks for."""
        return not self.told <= self.ticked


class NeedsThereForm(NhsForm):
    """What somebody needs at a place; a code that we do not know is left out."""

    need = some_of(FIELD, NEEDED, label="What I need there")

    @property
    def ticked(self) -> frozenset[str]:
        """The codes that were ticked."""
        return frozenset(self[FIELD].value() or ()) & frozenset(NEEDED)


def needs_there(
    session: MutableMapping[str, Any], patient: Patient, *, of_clerk: bool = False
) -> NeedsThere:
    """Return what is ticked for a patient: as whoever looks ticked it, else as the record says."""
    told = facilities_for(patient.needs)
    kept = session.get(KEPT, {}).get(_key(patient, of_clerk))
    return NeedsThere(told if kept is None else frozenset(kept), told)


def keep_needs_there(
    session: MutableMapping[str, Any],
    ticked: Collection[str] | None,
    patient: Patient,
    *,
    of_clerk: bool = False,
) -> None:
    """Remember what was ticked for a patient; None: as the record says, from now on."""
    others = {k: v for k, v in session.get(KEPT, {}).items() if k != _key(patient, of_clerk)}
    mine = {} if ticked is None else {_key(patient, of_clerk): sorted(ticked)}
    session[KEPT] = {**others, **mine}


def search_of(sent: QueryDict) -> QueryDict:
    """Return what a form or an address says of the search, without needs and empty choices."""
    query = QueryDict(mutable=True)
    for name, values in sent.lists():
        given = [value for value in values if value]
        if name not in NOT_SEARCHED and given:
            query.setlist(name, given)
    return query


def _key(patient: Patient, of_clerk: bool) -> str:
    return str(patient.pk) if of_clerk else OWN
