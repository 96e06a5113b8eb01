"""Two records that may be one person: the rows that ask, and what was answered.

A row is about a pair, by the keys of the two records. Once somebody has said that they are two
people, the pair is not asked about again.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from booking.identifiers.actors import Actor
from booking.identifiers.people import name_key
from booking.models import Patient, Referral, WorklistRow
from booking.models.name_word import former_of
from booking.worklists import rows, subjects
from times.together import Part, read, rows_of

SAME_PERSON = rows.Kind.SAME_PERSON
REASON = "Somebody of the same name and birthday is here already. Compare the two."


def find_alike(
    given_name: str,
    family_name: str,
    born: date,
    nhs_number: str | None,
    *,
    former: Iterable[str] = (),
) -> list[Patient]:
    """Return the records that may be this person's: same folded name and birthday.

    A record that has one of the `former` family names is one: it may be from before a marriage.

    Two different NHS numbers are two people. Both were checked digit by digit: no mistyped digit
    and no two that changed places pass that (modulus 11).
    """
    same = _of_that_name(family_name, born, nhs_number, former)
    return _people(same.select_related("merged_into"), given_name, nhs_number)


def _of_that_name(
    family_name: str, born: date, nhs_number: str | None, former: Iterable[str]
) -> QuerySet[Patient]:
    """Return the records of this family name and birthday, whatever their given name is."""
    keys = {name_key(name) for name in (family_name, *former)}
    same = Patient.objects.filter(born=born, family_key__in=keys)
    if nhs_number:
        same = same.filter(Q(nhs_number=None) | Q(nhs_number=nhs_number))
    return same


def _people(same: Iterable[Patient], given_name: str, nhs_number: str | None) -> list[Patient]:
    """Return whose records those of such a given name are, each person once."""
    given = _given(given_name)
    found = [one for one in same if _given(one.given_name) == given]
    people = {one.pk: one for one in (record.merged_into or record for record in found)}
    return [
        people[key]
        for key in sorted(people)
        if not (nhs_number and people[key].nhs_number not in (None, "", nhs_number))
    ]


def alike(patient: Patient) -> list[Patient]:
    """Return the other records that may be this patient's, but those said to be of two people."""
    return read(others_alike(patient))


def others_alike(patient: Patient) -> Part[list[Patient]]:
    """Read what alike says: in a second step only where there are such records."""
    former = [family for _, family in former_of(patient.former_names, patient)]
    same = _of_that_name(patient.family_name, patient.born, patient.nhs_number, former)
    people = same.values_list(Coalesce("merged_into", "pk"))
    # With those joined to this one, which is of its own name: an OR would read every patient.
    joined = Patient.objects.filter(merged_into__in=people)
    found, joined_to = yield (
        same.select_related("merged_into"), joined.values_list("pk", "merged_into")
    )  # fmt: skip
    others = _people(found, patient.given_name, patient.nhs_number)
    others = [one for one in others if one.pk != patient.pk]
    records = {one.pk: [one.pk] for one in (patient, *others)}
    for key, person in joined_to:
        records.setdefault(person, []).append(key)
    pairs = {one.pk: _pairs(records[patient.pk], records[one.pk]) for one in others}
    said = yield from rows_of(_said_two([pair for some in pairs.values() for pair in some]))
    return [one for one in others if not pairs[one.pk] & set(said)] if others else []


def ask(referral: Referral, other: Patient, *, now: datetime, actor: Actor) -> None:
    """Put a new referral's patient and another record on the list "Same person?".

    Belongs inside the transaction of the referral.
    """
    subject = subjects.of_pair(referral.patient_id, other.pk, referral)
    rows.open_row(SAME_PERSON, subject, REASON, now=now, actor=actor)


def note_two_people(one: Patient, other: Patient, *, now: datetime, actor: Actor) -> None:
    """Write down that two records are of two people: nobody is asked again."""
    if _are_two(one, other):
        return
    referral = other.referrals.order_by("-pk").first() or one.referrals.order_by("-pk").first()
    with transaction.atomic():
        subject = subjects.of_pair(one.pk, other.pk, referral)
        row = rows.open_row(SAME_PERSON, subject, REASON, now=now, actor=actor)
        rows.close_row(row, rows.Outcome.TWO_PEOPLE, now=now, actor=actor)


def pair_of(row: WorklistRow) -> tuple[Patient, Patient] | None:
    """Return the two records that a row asks about, as they stand now; None if they are one."""
    keys = row.about.removeprefix("same:").split("-")
    found = Patient.objects.select_related("merged_into").filter(pk__in=keys).order_by("pk")
    people = {one.pk: one for one in (record.merged_into or record for record in found)}
    if len(people) != 2:
        return None
    first, second = people.values()
    return first, second


def close(patient: Patient, outcome: str, *, now: datetime, actor: Actor) -> None:
    """Close the rows of pairs that are one record by now."""
    keys = [patient.pk, *patient.merged_from.values_list("pk", flat=True)]
    pairs = [f"same:{low}-{high}" for low in keys for high in keys if low < high]
    for row in WorklistRow.objects.filter(kind=SAME_PERSON, about__in=pairs, closed_at=None):
        rows.close_row(row, outcome, now=now, actor=actor)


def _are_two(one: Patient, other: Patient) -> bool:
    """Whether somebody has said so, of them or of records that were joined to them."""
    ones, others = ([record.pk for record in person.records] for person in (one, other))
    return _said_two(_pairs(ones, others)).exists()


def _pairs(ones: Iterable[int], others: Collection[int]) -> set[str]:
    """Return what rows about each of these records beside each of those are about."""
    return {subjects.of_pair(one, other, None).about for one in ones for other in others}


def _said_two(pairs: Collection[str]) -> QuerySet[WorklistRow, str]:
    """Return those of such pairs of which somebody has said that they are two people."""
    answered = WorklistRow.objects.filter(kind=SAME_PERSON, outcome=rows.Outcome.TWO_PEOPLE)
    return answered.filter(about__in=pairs).values_list("about", flat=True)


def _given(name: str) -> str:
    """Return the first given name, folded: Ann and Ann Mary may be one."""
    return name_key(next(iter(name.split()), ""))
