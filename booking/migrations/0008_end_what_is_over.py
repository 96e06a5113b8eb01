"""Referrals that are over today get their end: attended, closed as over, patient died.

One that has an appointment to come is left open, whatever was said of it before: somebody booked
again since. What a referral's end stops now, it stops here, too: its open rows are closed.
"""

from django.db import migrations

LIVE = ["pending", "booked"]
SAID_BY_ROW = ["not_wanted", "sent_back"]
ACTOR = "upgrade"


def end_what_is_over(apps, schema_editor):
    Appointment = apps.get_model("booking", "Appointment")
    AuditEntry = apps.get_model("booking", "AuditEntry")
    Patient = apps.get_model("booking", "Patient")
    Row = apps.get_model("booking", "WorklistRow")
    over = {}  # referral: (reason, when); what is said last stands

    attended = Appointment.objects.filter(status="attended").order_by("changed_at")
    for referral, when in attended.values_list("referral", "changed_at"):
        over[referral] = ("done", when)
    closed = Row.objects.filter(outcome__in=SAID_BY_ROW).exclude(referral=None)
    for referral, reason, when in closed.order_by("closed_at").values_list(
        "referral", "outcome", "closed_at"
    ):
        over.setdefault(referral, (reason, when))
    live = set(Appointment.objects.filter(status__in=LIVE).values_list("referral", flat=True))
    over = {referral: end for referral, end in over.items() if referral not in live}
    died = AuditEntry.objects.filter(action="cancelled", detail__reason="died").order_by("at")
    for patient, when in dict(died.values_list("patient", "at")).items():
        theirs = set(
            apps.get_model("booking", "Referral").objects
            .filter(patient=patient).values_list("pk", flat=True)
        )  # fmt: skip
        if theirs & live:
            continue  # booked since: somebody had pressed the wrong reason
        Patient.objects.filter(pk=patient).update(died_at=when)
        for referral in theirs:
            over.setdefault(referral, ("died", when))
    for referral, (reason, when) in over.items():
        _end(apps, referral, reason, when)


def _end(apps, key, reason, when):
    AuditEntry = apps.get_model("booking", "AuditEntry")
    Event = apps.get_model("booking", "WorklistEvent")
    referrals = apps.get_model("booking", "Referral").objects.filter(pk=key)
    referrals.update(ended_at=when, end_reason=reason, ended_by=ACTOR)
    AuditEntry.objects.create(
        at=when, actor=ACTOR, action="ended", patient_id=referrals.get().patient_id,
        referral_id=key, detail={"reason": reason},
    )  # fmt: skip
    rows = apps.get_model("booking", "WorklistRow").objects.filter(referral=key, closed_at=None)
    for row in rows:
        row.closed_at, row.outcome = max(when, row.opened_at), "resolved"
        row.save(update_fields=["closed_at", "outcome"])
        Event.objects.create(
            row=row, at=row.closed_at, actor=ACTOR, action="closed", detail="The request is over"
        )


class Migration(migrations.Migration):
    dependencies = [("booking", "0007_list_of_the_unmarked")]

    operations = [migrations.RunPython(end_what_is_over, migrations.RunPython.noop)]
