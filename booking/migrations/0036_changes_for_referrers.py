"""Trusts hear of their patients' appointments at other trusts: those that are there already, too."""

from datetime import datetime, timezone

from django.db import migrations
from django.db.models import F


def tell_referrers(apps, _schema_editor):
    Appointment = apps.get_model("booking", "Appointment")
    Change = apps.get_model("booking", "AppointmentChange")
    Counter = apps.get_model("booking", "Counter")
    elsewhere = Appointment.objects.exclude(slot__trust=F("referral__trust")).order_by("pk")
    now = int(datetime.now(timezone.utc).timestamp() * 1_000_000)
    for made in elsewhere.select_related("slot", "referral").iterator():
        trust = made.referral.trust_id
        if Change.objects.filter(trust_id=trust, appointment=made).exists():
            continue
        counter, _ = Counter.objects.get_or_create(
            name=f"appointments:{trust}", defaults={"value": 0}
        )
        counter.value = max(counter.value + 1, now)
        counter.save()
        Change.objects.create(
            trust_id=trust,
            appointment=made,
            slot_id=made.slot_id,
            version=made.version,
            number=counter.value,
        )


class Migration(migrations.Migration):
    dependencies = [("booking", "0035_exam_code")]

    operations = [migrations.RunPython(tell_referrers, migrations.RunPython.noop)]
