"""Join two records of one person. taking_apart.py undoes it.

The lost row stays: it points to the kept one (`Patient.merged_into`) and holds every value that was
not kept, so that an old link, code, number or phone still leads to the person. A merge moves what
hangs on the patient, in one transaction, and writes down what it moved. It sends no text. Trusts
read the appointments to come again: they may know the person by other details. `now` is passed in,
aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from booking.appointments import read_again, safety
from booking.changes import audit
from booking.changes.patient_lock import lock_patient
from booking.identifiers.actors import Actor
from booking.messages import texts
from booking.models import (
    AuditAction,
    Contact,
    Merge,
    Patient,
    Referral,
)
from booking.models.needs import in_order
from booking.patients import calls, same_person
from booking.patients.comparison import FIELDS, Comparison, compare, differing
from booking.worklists import rows
from booking.worklists.subjects import Topic, of_two_requests
from notifications import outbox

LONGEST_REASON = 200
ANSWER = ("may_speak", "agreed", "agreed_on")
"""What a patient said of whether we may speak with somebody."""


class MergeChanged(Exception):
    """One of the two is not as the page showed it: nothing was done."""


class CannotMerge(ValueError):
    """The two cannot be joined, or not be taken apart; the text says why, and what to do."""


@dataclass(frozen=True)
class Asked:
    """What a lead said on the page: whose value to keep of each field, why, and what was seen.

    `theirs` names the fields of which the lost record's value is kept. `are_numbers_checked` says
    that two different NHS numbers are one person's all the same.
    """

    seen: str
    reason: str
    theirs: frozenset[str] = frozenset()
    are_numbers_checked: bool = False


def merge(kept: Patient, lost: Patient, asked: Asked, *, now: datetime, actor: Actor) -> Merge:
    """Join `lost` into `kept`. Raises MergeChanged, and CannotMerge."""
    with transaction.atomic():
        kept, lost = lock_both(kept, lost)
        shown = compare(kept, lost, now=now)
        if shown.version != asked.seen:
            raise MergeChanged
        _must_be_joinable(kept, lost, asked)
        joined = Merge(kept=kept, lost=lost, at=now, actor=actor, reason=asked.reason)
        _keep_fields(joined, kept, lost, asked.theirs)
        joined.moved = _move(kept, lost)
        calls.end_all((kept, lost), now=now)
        Patient.objects.filter(pk=lost.pk).update(merged_into=kept)
        joined.save()
        redirect_texts(kept, now)
        for patient, other in ((kept, lost), (lost, kept)):
            audit.write(
                AuditAction.MERGED, now=now, actor=actor, patient=patient,
                merge=joined.pk, other=other.pk,
            )  # fmt: skip
        same_person.close(kept, rows.Outcome.ONE_PERSON, now=now, actor=actor)
        _ask_about_clashes(shown, now, actor)
        for referral in kept.referrals.filter(ended_at=None):  # whoever has the other's needs now
            safety.follow_needs(referral=referral, now=now, actor=actor)
        read_again.let_trusts_read_again(Q(referral__patient=kept), now=now)
    return joined


def lock_both(*patients: Patient) -> list[Patient]:
    """Lock the patients, then their referrals, each in the order of their keys; return them.

    Nobody books for either, first of all: who waits for that reads then whose the referral is.
    """
    keys = [one.pk for one in patients]
    for key in sorted(keys):
        lock_patient(key)
    locked = {
        one.pk: one
        for one in Patient.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    }
    referrals = Referral.objects.select_for_update(no_key=True, of=("self",))
    list(referrals.filter(patient__in=keys).order_by("pk").values_list("pk"))
    return [locked[key] for key in keys]


def _must_be_joinable(kept: Patient, lost: Patient, asked: Asked) -> None:
    if not asked.reason.strip():
        raise CannotMerge("Type why the two are one person")
    if kept.merged_into_id or lost.merged_into_id or kept.pk == lost.pk:
        raise MergeChanged
    if bool(kept.died_at) != bool(lost.died_at):
        raise CannotMerge(
            "One of the two is recorded as having died. Put that right first: end or open the"
            " requests of the other"
        )
    if "nhs_number" in differing(kept, lost) and not asked.are_numbers_checked:
        raise CannotMerge(
            "They have two different NHS numbers. Say that you have checked that both are this"
            " person’s"
        )


def _keep_fields(joined: Merge, kept: Patient, lost: Patient, theirs: frozenset[str]) -> None:
    """Give the kept record the values that were chosen; the lost one holds the others."""
    swapped = [
        name
        for name in FIELDS
        if getattr(lost, name)
        and getattr(kept, name) != getattr(lost, name)
        and (name in theirs or not getattr(kept, name))
    ]
    needs = in_order({*kept.needs, *lost.needs})
    declined = in_order({*kept.needs_declined, *lost.needs_declined} - {*needs})
    both = {"needs": needs, "needs_declined": declined}
    ours = {name: getattr(kept, name) for name in swapped}
    others = {name: getattr(lost, name) for name in swapped}
    joined.before = {
        "kept": {name: as_kept(value) for name, value in ours.items()}
        | {name: getattr(kept, name) for name in both},
        "lost": {name: as_kept(value) for name, value in others.items()},
    }
    write_both(kept, lost, {**others, **both}, ours)
    # All of them, also what was not swapped: what is filled or corrected later may be the other's.
    joined.after = {"kept": {name: as_kept(getattr(kept, name)) for name in (*FIELDS, *both)}}


def write_both(
    kept: Patient, lost: Patient, ours: Mapping[str, Any], others: Mapping[str, Any]
) -> None:
    """Write the fields of both. An NHS number is let go before the other one takes it."""
    for patient, values in ((kept, ours), (lost, others)):
        if "nhs_number" in values:
            Patient.objects.filter(pk=patient.pk).update(nhs_number=None)
    for patient, values in ((kept, ours), (lost, others)):
        for name, value in values.items():
            setattr(patient, name, value)
        if values:
            patient.save(update_fields=list(values))


def _move(kept: Patient, lost: Patient) -> dict[str, Any]:
    """Give the kept record what hangs on the lost one; return the keys of what moved.

    A phone or a contact that both have stays where it is. `had` is what the kept one had before,
    `answers` what it had of contacts with whom the lost one said that we may not speak.
    """
    numbers = {kept.mobile, *kept.other_phones.values_list("number", flat=True)}
    people = kept.contacts.values_list("key", flat=True)
    had = {
        "referrals": _keys(kept.referrals.all()),
        "notes": _keys(kept.notes.all()),
        "phones": _keys(kept.other_phones.all()),
        "contacts": _keys(kept.contacts.all()),
    }
    return {
        "had": had,
        "referrals": _give(lost.referrals.all(), kept),
        "notes": _give(lost.notes.all(), kept),
        "phones": _give(lost.other_phones.exclude(number__in=numbers), kept),
        "answers": _keep_refusals(kept, lost),
        "contacts": _give(lost.contacts.exclude(key__in=list(people)), kept),
        "merged": _give(lost.merged_from.all(), kept, "merged_into"),
    }


def _keep_refusals(kept: Patient, lost: Patient) -> list[dict[str, Any]]:
    """Let a "no, do not speak with them" of the lost one stand; return the answers before."""
    before = []
    refused = {one.key: one for one in lost.contacts.filter(may_speak=False)}
    for ours in kept.contacts.filter(key__in=refused).exclude(may_speak=False):
        theirs = refused[ours.key]
        before.append(
            {"contact": ours.pk, "for": theirs.pk, "may_speak": ours.may_speak,
             "agreed": ours.agreed, "agreed_on": as_kept(ours.agreed_on)}
        )  # fmt: skip
        answer(ours, theirs.may_speak, theirs.agreed, theirs.agreed_on)
    return before


def answer(contact: Contact, may_speak: bool | None, agreed: str, agreed_on: date | None) -> None:
    """Write down what was said of whether we may speak with somebody."""
    contact.may_speak, contact.agreed, contact.agreed_on = may_speak, agreed, agreed_on
    contact.save(update_fields=ANSWER)


def _keys(found: Any) -> list[int]:
    return list(found.order_by("pk").values_list("pk", flat=True))


def _give(found: Any, kept: Patient, field: str = "patient") -> list[int]:
    """Point rows to the kept record; return their keys."""
    keys = _keys(found)
    found.model.objects.filter(pk__in=keys).update(**{field: kept})
    return keys


def redirect_texts(patient: Patient, now: datetime) -> None:
    """Let texts that wait go to the mobile that the record has now, or nowhere. None is written."""
    subjects = texts.subjects_of(patient.referrals.all())
    outbox.redirect_unsent(list(subjects), to=patient.mobile, now=now)


def _ask_about_clashes(shown: Comparison, now: datetime, actor: Actor) -> None:
    what = {
        Topic.TWICE: (shown.same_exam, "two requests for one scan. Ask if both are needed."),
        Topic.CLASH: (shown.clashes, "two times on the same day. Ask if they can keep both."),
    }
    for topic, (pairs, words) in what.items():
        for referral, other in pairs:
            subject = of_two_requests(topic, referral, other)
            reason = f"Two records were joined: {words}"
            rows.open_row(rows.Kind.NEEDS_PERSON, subject, reason, now=now, actor=actor)


def as_kept(value: Any) -> Any:
    """Return a value as JSON keeps it."""
    return value.isoformat() if hasattr(value, "isoformat") else value
