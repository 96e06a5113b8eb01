"""A referral that is sent again: what is taken of it, and what is answered as a difference.

What makes it press more (urgency, an earlier clock) and what was not known of the patient is
taken. What would make it press less, or contradicts what is here, is refused by name: nothing
sent is ever dropped without a word. `now` is passed in, aware, UTC.
"""

from datetime import datetime

from booking.changes import audit
from booking.identifiers.actors import Actor
from booking.identifiers.people import name_key
from booking.models import AuditAction, Patient, Referral
from booking.referrals import details
from booking.referrals.submission import CheckedReferral, Conflict
from booking.referrals.urgency import change_urgency, is_raised
from booking.waits.targets import target_day
from times.london import say_date


def amend(referral: Referral, sent: CheckedReferral, *, now: datetime, actor: Actor) -> Referral:
    """Take what a repeated referral adds; return it as it is then.

    Raises Conflict with every difference that is not taken.

    Belongs inside the transaction of the receipt. A raised urgency is never refused for the sake
    of a phone number or a spelling: it is taken, ours is kept, and a row says what differs.
    """
    # The patient first, as a death does: in another order the two would wait for one another.
    Patient.objects.select_for_update(no_key=True).get(pk=referral.patient_id)
    referral = Referral.objects.select_for_update(no_key=True, of=("self",)).get(pk=referral.pk)
    if referral.ended_at:
        why = f"It ended on {say_date(referral.ended_at)}: {referral.get_end_reason_display()}"
        raise Conflict({"status": f"{why}. Send a new request, or phone us"})
    patient = referral.patient
    about_patient = _differences(patient, sent)
    raised = is_raised(referral, sent.urgency)
    errors = _less_pressing(referral, sent) | ({} if raised else about_patient)
    if errors:
        raise Conflict(errors)
    change_urgency(referral, sent.urgency, now=now, actor=actor, clock_start=sent.clock_start)
    if about_patient:
        details.ask_about(referral, about_patient, now=now, actor=actor)
    add_nhs_number(patient, sent, now=now, actor=actor)
    details.take(referral, sent, now=now, actor=actor)
    return referral


def add_nhs_number(
    known: Patient, sent: CheckedReferral, *, now: datetime, actor: Actor
) -> Patient:
    """Add an NHS number that we did not know of a known patient; return them, locked."""
    # Read again under a lock: a clerk may be correcting it at this moment.
    patient = Patient.objects.select_for_update(no_key=True).get(pk=known.pk)
    if patient.merged_into_id:  # joined to another record at this moment
        patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.merged_into_id)
    if sent.nhs_number and not patient.nhs_number and not _is_somebodys(sent.nhs_number):
        patient.nhs_number = sent.nhs_number
        patient.save(update_fields=["nhs_number"])
        audit.write(AuditAction.ADDED_TO, now=now, actor=actor, patient=patient)
    return patient


def _less_pressing(referral: Referral, sent: CheckedReferral) -> dict[str, str]:
    """Return what would make the referral less urgent, or due later, than it is here."""
    if sent.urgency != referral.urgency and not is_raised(referral, sent.urgency):
        here = referral.get_urgency_display()
        return {"urgency": f"It is {here} here. Less urgent needs a reason: a clerk must change it"}
    if target_day(sent.urgency, sent.clock_start) > referral.target_day:
        here = referral.clock_start.isoformat()
        return {"clock_start": f"It is {here} here, and a later one puts the target day off"}
    return {}


def _differences(patient: Patient, sent: CheckedReferral) -> dict[str, str]:
    """Return what of who the patient is contradicts what we know; never what we know.

    How to reach them is another matter (details.py).
    """
    # Of records that were joined, each may be sent again with the name that it had.
    records = patient.records
    pairs = {
        "given_name": ({name_key(one.given_name) for one in records}, name_key(sent.given_name)),
        "family_name": ({one.family_key for one in records}, name_key(sent.family_name)),
    }
    what = "It is another one here: correct one of the two, or phone us"
    found = {name: what for name, (here, said) in pairs.items() if said and said not in here}
    known = {one.nhs_number for one in records} - {None}
    if sent.nhs_number and not known and _is_somebodys(sent.nhs_number):
        found["nhs_number"] = "Somebody else here has this NHS number"
    return found


def _is_somebodys(nhs_number: str) -> bool:
    return Patient.objects.filter(nhs_number=nhs_number).exists()
