"""What patients wrote of which a row asks somebody to see to it: the words, and from which phone.

A row stands for a phone: what the same phone wrote while it is open stands in no row of its own.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from booking.models import Patient, WorklistRow
from notifications.models import Inbound

FOR_A_CLERK = "for a clerk"
"""How the outcome of a reply begins that nobody but a person can act on."""


@dataclass(frozen=True)
class Written:
    """The replies that a row is about, the oldest first. A number or words are empty after 30 days.

    `people` are the patients who have the number. `is_open`: whoever looks may see all of them.
    """

    replies: list[Inbound]
    people: list[Patient]
    is_open: bool

    @property
    def number(self) -> str:
        """The phone they came from (E.164)."""
        number: str = self.replies[0].number
        return number

    @property
    def text_id(self) -> UUID:
        """The text by which the page of all texts with this phone is found."""
        return self.replies[0].pk


def written_of(
    rows: Iterable[WorklistRow], trusts: Collection[str], opened: Collection[int] = ()
) -> dict[int, Written]:
    """Return what was written, by the key of its row; rows about no text are left out.

    `trusts` are those of whoever looks, `opened` the patients of others whom they may see.
    """
    texts = {str(one): row for row in rows if (one := _text_id(row))}
    first = {one.pk: one for one in Inbound.objects.filter(pk__in=texts)}
    phones = {one.number_hash for one in first.values()} - {""}
    later = Inbound.objects.filter(number_hash__in=phones, outcome__startswith=FOR_A_CLERK)
    later_of: dict[str, list[Inbound]] = {}
    for reply in later.order_by("received_at"):
        later_of.setdefault(reply.number_hash, []).append(reply)
    people_of = _people_of({one.number for one in first.values()} - {""})
    keys = {key for people in people_of.values() for key in people}
    theirs = Patient.objects.filter(pk__in=keys).of_trusts(trusts)
    may_see = {*opened, *theirs.values_list("pk", flat=True)}
    written = {}
    for text_id, row in texts.items():
        told = first.get(UUID(text_id))
        if told is None:
            continue
        people = people_of.get(told.number, {})
        is_open = may_see.issuperset(people)
        replies = [told, *_while_open(row, told, later_of.get(told.number_hash, []))]
        written[row.pk] = Written(replies, list(people.values()), is_open)
    return written


def _people_of(numbers: Collection[str]) -> dict[str, dict[int, Patient]]:
    """Return who has each number, by key: of a record that was joined to another, that other."""
    people_of: dict[str, dict[int, Patient]] = {}
    having = Patient.objects.filter(mobile__in=numbers).select_related("merged_into")
    for record in having.order_by("pk"):
        patient = record.merged_into or record
        people_of.setdefault(record.mobile, {})[patient.pk] = patient
    return people_of


def _while_open(row: WorklistRow, first: Inbound, replies: list[Inbound]) -> list[Inbound]:
    """Return the replies of the same phone that came after the first, while the row was open."""
    return [
        one
        for one in replies
        if one.pk != first.pk
        and one.received_at >= first.received_at
        and (row.closed_at is None or one.received_at <= row.closed_at)
    ]


def _text_id(row: WorklistRow) -> UUID | None:
    if row.kind != WorklistRow.Kind.NEEDS_PERSON:
        return None
    try:
        return UUID(row.about)
    except ValueError:
        return None
