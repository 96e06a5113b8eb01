"""A referral that is sent again: what is taken of it, and what is answered as a difference.

What makes it press more (urgency, an earlier clock) and what was not known of the patient is
taken. What would make it press less, or contradicts what is here, is refused by name: nothing
sent is ever dropped without a word. `now` is passed in, aware, UTC.
"""

from datetime import datetime

from booking.changes import audit
from booking.identifiers.actors import Actor
from booking.identifiers.people import name_key
from booking.models import NEEDS, AuditAction, Patient, Referral
from booking.patients.record import correct_mobile
from booking.referrals.submission import CheckedReferral, Conflict
from booking.referrals.urgency import change_urgency, is_raised
from booking.waits.targets import target_day
from booking.worklists import rows, subjects
from times.london import say_date


def amend(referral: Referral, sent: CheckedReferral, *, now: datetime, actor: Actor) -> Referral:
    """Take what a repeated referral adds; return it as it is then.

    Raises Conflict with every difference that is not taken.

    Belongs inside the transaction of the receipt. A raised urgency is never refused for the sake
    of a phone number or a spelling: it is taken, ours is kept, and a row says what differs.
    """
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
        _ask_about(referral, about_patient, now, actor)
    fill_gaps(patient, sent, now=now, actor=actor)
    return referral


def fill_gaps(known: Patient, sent: CheckedReferral, *, now: datetime, actor: Actor) -> Patient:
    """Add what we did not know of a known patient; what a clerk corrected stays as it is."""
    # Read again under a lock: a clerk may be correcting it at this moment.
    patient = Patient.objects.select_for_update(no_key=True).get(pk=known.pk)
    before = patient.postcode, patient.needs, patient.nhs_number
    patient.postcode = patient.postcode or sent.postcode
    patient.needs = [code for code in NEEDS if code in {*patient.needs, *sent.needs}]
    if sent.nhs_number and not patient.nhs_number and not _is_somebodys(sent.nhs_number):
        patient.nhs_number = sent.nhs_number
    if before != (patient.postcode, patient.needs, patient.nhs_number):
        patient.save(update_fields=["postcode", "needs", "nhs_number"])
        audit.write(AuditAction.ADDED_TO, now=now, actor=actor, patient=patient)
    if sent.mobile and not patient.mobile:
        correct_mobile(patient, sent.mobile, now=now, actor=actor)
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
    """Return which fields contradict what we know of the patient; never what we know."""
    pairs = {
        "given_name": (name_key(patient.given_name), name_key(sent.given_name)),
        "family_name": (patient.family_key, name_key(sent.family_name)),
        "mobile": (patient.mobile, sent.mobile),
        "postcode": (patient.postcode, sent.postcode),
    }
    what = "It is another one here: correct one of the two, or phone us"
    found = {name: what for name, (here, said) in pairs.items() if here and said and here != said}
    if sent.nhs_number and not patient.nhs_number and _is_somebodys(sent.nhs_number):
        found["nhs_number"] = "Somebody else here has this NHS number"
    return found


def _is_somebodys(nhs_number: str) -> bool:
    return Patient.objects.filter(nhs_number=nhs_number).exists()


def _ask_about(
    referral: Referral, differences: dict[str, str], now: datetime, actor: Actor
) -> None:
    fields = ", ".join(name.replace("_", " ") for name in differences)
    rows.open_row(
        rows.Kind.NEEDS_PERSON,
        subjects.of_referral(referral, subjects.Topic.DIFFERENCE),
        f"The referral was sent again with another {fields}. Ask which is right.",
        now=now,
        actor=actor,
    )
