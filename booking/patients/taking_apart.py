"""Take two records apart that were joined: what was moved goes back, what came after stays.

No text is sent; trusts read the appointments to come again. `now` is passed in, aware, UTC. `actor`
is who does it, as AuditEntry says it.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Q

from booking.appointments import read_again
from booking.changes import audit
from booking.identifiers.actors import Actor
from booking.identifiers.people import say_nhs_number
from booking.models import AuditAction, Contact, Merge, Note, OtherPhone, Patient, Referral
from booking.patients import calls, same_person
from booking.patients.merging import (
    ANSWER,
    CannotMerge,
    answer,
    as_kept,
    lock_both,
    redirect_texts,
    write_both,
)
from booking.worklists import rows
from booking.worklists.subjects import Topic, of_two_requests
from times.together import Part, read, rows_of
from times.written import Written

LAST_MERGE = Written(
    lambda kept: (
        Merge.objects.filter(kept_id=kept, undone_at=None)
        .select_related("lost", "kept")
        .order_by("-pk")[:1]
    ),
    kept=BigIntegerField(),
)
"""At most one row."""


class WhoseNumber(StrEnum):
    """Whose an NHS number is that the kept record was given after the join."""

    KEPT = "kept"
    LOST = "lost"
    NEITHER = "neither"


def unmerge(
    joined: Merge,
    reason: str,
    whose_number: WhoseNumber | None = None,
    *,
    now: datetime,
    actor: Actor,
) -> Merge:
    """Take two records apart: what was moved goes back, what came after stays and is listed.

    `whose_number` must be said if the kept record was given another NHS number after the join.
    Raises CannotMerge if it was undone, if something was joined to the kept one since, if it was
    not said whose such a number is, if somebody else has a number by now that would go back, or if
    a death that was recorded since might be the other person's.
    """
    with transaction.atomic():
        kept, lost = lock_both(joined.kept, joined.lost)
        joined = Merge.objects.select_for_update().get(pk=joined.pk)
        _must_be_last(joined, kept)
        joined.stayed = what_stays(joined)
        _must_be_clear_whose(joined, kept, lost, whose_number)
        _restore_fields(joined, kept, lost, whose_number)
        _move_back(joined, kept, lost)
        calls.end_all((kept, lost), now=now)
        joined.undone_at, joined.undone_by, joined.undone_reason = now, actor, reason
        joined.save()
        for patient in (kept, lost):
            redirect_texts(Patient.objects.get(pk=patient.pk), now)
        for patient, other in ((kept, lost), (lost, kept)):
            audit.write(
                AuditAction.UNMERGED, now=now, actor=actor, patient=patient,
                merge=joined.pk, other=other.pk,
            )  # fmt: skip
        _close_clashes(joined, now, actor)
        same_person.note_two_people(kept, lost, now=now, actor=actor)
        read_again.let_trusts_read_again(Q(referral__patient__in=[kept, lost]), now=now)
    return joined


def what_stays(joined: Merge) -> dict[str, list[Any]]:
    """Return what an unmerge leaves with the kept record: what came after the merge, by kind.

    Referrals by their keys, notes and contacts by theirs; fields by their names.
    """
    kept, moved = Patient.objects.get(pk=joined.kept_id), joined.moved
    return {
        "referrals": _new_since(kept.referrals, moved["had"]["referrals"], moved["referrals"]),
        "notes": _new_since(kept.notes, moved["had"]["notes"], moved["notes"]),
        "phones": _new_since(kept.other_phones, moved["had"]["phones"], moved["phones"]),
        "contacts": _new_since(kept.contacts, moved["had"]["contacts"], moved["contacts"]),
        "fields": [
            name
            for name, value in joined.after["kept"].items()
            if as_kept(getattr(kept, name)) != value
        ],
    }


def is_number_unclear(stays: Mapping[str, list[Any]], kept: Patient) -> bool:
    """Return whether the kept record has an NHS number that came after the join."""
    return "nhs_number" in stays["fields"] and bool(kept.nhs_number)


def _new_since(related: Any, had: list[int], moved: list[int]) -> list[int]:
    return list(related.exclude(pk__in=[*had, *moved]).order_by("pk").values_list("pk", flat=True))


def last_merge(patient: Patient) -> Merge | None:
    """Return the merge into this patient that can be undone, None if there is none."""
    return read(merge_of(patient))


def merge_of(patient: Patient) -> Part[Merge | None]:
    """Read what last_merge says."""
    return next(iter((yield from rows_of(LAST_MERGE(kept=patient.pk)))), None)


def _must_be_last(joined: Merge, kept: Patient) -> None:
    if joined.undone_at:
        raise CannotMerge("Somebody has taken these two apart already")
    if kept.merged_into_id:
        raise CannotMerge("The record was joined into another one since. Undo that first")
    if kept.merges.filter(undone_at=None, pk__gt=joined.pk).exists():
        raise CannotMerge("Another record was joined to this one since. Undo that first")


def _must_be_clear_whose(
    joined: Merge, kept: Patient, lost: Patient, whose_number: WhoseNumber | None
) -> None:
    """Refuse while an NHS number or a death may be left with the wrong one of the two."""
    if is_number_unclear(joined.stayed, kept) and whose_number is None:
        raise CannotMerge("Say whose the NHS number is that came after the two were joined")
    if kept.died_at and not lost.died_at:
        raise CannotMerge(
            "A death was recorded after the two were joined. Open the requests again first, take"
            " the two apart, then record the death of the one who died"
        )
    if lost.died_at and not kept.died_at:
        raise CannotMerge(
            "Both were recorded as having died, and that was taken back after they were joined."
            " Record the death again first, take the two apart, then open the requests of the one"
            " who lives"
        )


def _restore_fields(
    joined: Merge, kept: Patient, lost: Patient, whose_number: WhoseNumber | None
) -> None:
    """Give both their own values again, but what was changed on the kept one since."""
    changed = set(joined.stayed["fields"])
    ours = {k: v for k, v in joined.before["kept"].items() if k not in changed}
    others = dict(joined.before["lost"])
    if is_number_unclear(joined.stayed, kept) and whose_number != WhoseNumber.KEPT:
        ours["nhs_number"] = _number_before(joined)
        if whose_number == WhoseNumber.LOST:
            others["nhs_number"] = kept.nhs_number
        joined.stayed["fields"].remove("nhs_number")
    for number in (ours.get("nhs_number"), others.get("nhs_number")):
        _must_be_nobody_elses(number, kept, lost)
    write_both(kept, lost, _values(ours), _values(others))
    Patient.objects.filter(pk=lost.pk).update(merged_into=None)


def _number_before(joined: Merge) -> str | None:
    """Return the NHS number that the kept record had before the join."""
    before, after = joined.before["kept"], joined.after["kept"]
    number: str | None = before.get("nhs_number", after.get("nhs_number"))
    return number


def _must_be_nobody_elses(number: str | None, kept: Patient, lost: Patient) -> None:
    found = Patient.objects.filter(nhs_number=number).exclude(pk__in=[kept.pk, lost.pk])
    if number and found.exists():
        raise CannotMerge(
            f"Another record has the NHS number {say_nhs_number(number)} by now, which one of"
            " these two had. Find that record and compare it first"
        )


def _give_answers_back(joined: Merge, kept: Patient) -> None:
    """Give contacts of the kept one their own answers again, but what was answered since."""
    for one in joined.moved.get("answers", []):
        ours = kept.contacts.filter(pk=one["contact"]).first()
        theirs = Contact.objects.filter(pk=one["for"]).first()
        if ours and theirs and all(getattr(ours, n) == getattr(theirs, n) for n in ANSWER):
            day = one["agreed_on"] and date.fromisoformat(one["agreed_on"])
            answer(ours, one["may_speak"], one["agreed"], day)


def _move_back(joined: Merge, kept: Patient, lost: Patient) -> None:
    moved = joined.moved
    _give_answers_back(joined, kept)
    Referral.objects.filter(pk__in=moved["referrals"], patient=kept).update(patient=lost)
    Note.objects.filter(pk__in=moved["notes"], patient=kept).update(patient=lost)
    numbers = list(lost.other_phones.values_list("number", flat=True))
    phones = OtherPhone.objects.filter(pk__in=moved["phones"], patient=kept)
    phones.exclude(number__in=numbers).update(patient=lost)
    people = list(lost.contacts.values_list("key", flat=True))
    contacts = Contact.objects.filter(pk__in=moved["contacts"], patient=kept)
    contacts.exclude(key__in=people).update(patient=lost)
    Patient.objects.filter(pk__in=moved["merged"], merged_into=kept).update(merged_into=lost)


def _close_clashes(joined: Merge, now: datetime, actor: Actor) -> None:
    """Close what the merge asked about: the two are two people again."""
    ours = Referral.objects.filter(pk__in=joined.moved["had"]["referrals"])
    for one in Referral.objects.filter(pk__in=joined.moved["referrals"]):
        for other in ours:
            for topic in (Topic.TWICE, Topic.CLASH):
                rows.close_about(
                    rows.Kind.NEEDS_PERSON, of_two_requests(topic, one, other),
                    rows.Outcome.RESOLVED, now=now, actor=actor,
                )  # fmt: skip


def _values(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as the database takes them."""
    return {
        name: date.fromisoformat(value) if name == "born" else value for name, value in kept.items()
    }


def names_of(fields: Iterable[str]) -> str:
    """Return fields as people say them."""
    return ", ".join(name.replace("_", " ").replace("nhs", "NHS") for name in fields)
