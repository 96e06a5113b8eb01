"""From what a caller says to the patient: reference, NHS number, phone, name with birthday.

One query finds whom to compare, whatever the size of the table and however the name was heard; a
second looks for slips, of a letter in a code or of a birthday, where nobody has all that was said.
Who is found under a record that was joined to theirs is read by one more. How well each fits is
worked out here, so that every database gives the same answers in the same order.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from booking.models import Patient
from booking.patients.candidates import By, Candidates, find_candidates
from booking.patients.matching import Comparison, Match
from booking.patients.said import EXAMPLE, LONGEST, LookupInvalid, Said, read_said

__all__ = ["LONGEST", "Found", "LookupInvalid", "Match", "family_of", "find_patients"]

SHOWN = 20
"""Patients that one answer lists: more are no help to a caller."""


@dataclass(frozen=True)
class Found:
    """Who may be calling, the likeliest first, and by what: reference, NHS number, phone, name.

    `more` if others may fit who are not among them; `code` is the code that was said, if it was.
    """

    by: str
    matches: list[Match]
    more: bool = False
    code: str = ""

    @property
    def patients(self) -> list[Patient]:
        """The patients, the likeliest first."""
        return [match.patient for match in self.matches]

    @property
    def exact(self) -> list[Patient]:
        """Those to whom all that was said belongs."""
        return [match.patient for match in self.matches if match.is_exact]

    @property
    def only(self) -> Patient | None:
        """The patient to open: the one to whom all that was said belongs, if there is one such."""
        return self.exact[0] if len(self.exact) == 1 else None


def find_patients(typed: str) -> Found:
    """Return the patients whom the typed words may mean.

    Raises LookupInvalid, with what to type instead; also for a name that too many have.
    """
    today = timezone.localdate()
    said = read_said(typed, today)
    compare = Comparison(said, today)
    candidates, matches = _compare(compare, today, with_slips=False)
    if said.may_have_slipped and not any(match.is_exact for match in matches):
        candidates, matches = _compare(compare, today, with_slips=True)
    if candidates.is_common:
        raise LookupInvalid(
            f"Too many people have a name like this. Type a date of birth after the name, {EXAMPLE}"
        )
    if any(match.is_exact for match in matches):
        # Who has another birthday is no help beside whoever has this one.
        matches = [one for one in matches if one.is_exact or one.is_same_day or not said.born]
    matches = _once_each(sorted(matches, key=_likeliest_first))
    shown = matches[:SHOWN]
    cut = candidates.cut
    if any(match.is_same_day for match in matches):
        cut -= {By.NEAR_DAY}
    return Found(_by(said), shown, len(matches) > SHOWN or bool(cut), said.code)


def family_of(patient: Patient) -> list[Patient]:
    """Return other patients with the same phone: the family, or who shares the phone."""
    return list(family(patient))


def family(patient: Patient) -> QuerySet[Patient]:
    """Return the query of what family_of says."""
    if not patient.mobile:
        return Patient.objects.none()
    others = Patient.objects.filter(pk__in=Patient.with_mobile(patient.mobile))
    return others.exclude(pk=patient.pk).order_by("born", "pk")[:SHOWN]


def _compare(
    compare: Comparison, today: date, *, with_slips: bool
) -> tuple[Candidates, list[Match]]:
    found = find_candidates(compare.said, today, with_slips=with_slips)
    return found, [match for one in found.found if (match := compare.match(one))]


def _likeliest_first(match: Match) -> tuple[bool, float, str, str, int]:
    one = match.candidate
    return not match.is_exact, -match.score, one.family_key, one.given_name, one.key


def _once_each(matches: list[Match]) -> list[Match]:
    """Return each person once, by the record that fits best of those that were joined."""
    people: dict[int, Match] = {}
    for match in matches:
        people.setdefault(match.candidate.person, match)
    return list(people.values())


def _by(said: Said) -> str:
    if said.code or said.codes:
        return "reference"
    if said.nhs_number:
        return "NHS number"
    return "phone" if said.phone else "name"
