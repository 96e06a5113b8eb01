"""Texts of offers, of alerts, and that ask to phone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("notifications", "0007_message_scan_at"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(choices=[("invitation", "You can book now"), ("confirmation", "Confirmation"), ("pending", "Kept, the hospital will confirm"), ("confirmed", "Confirmed by the hospital"), ("changed", "Changed time"), ("cancelled_by_you", "Cancelled"), ("displaced", "Time taken away by the hospital"), ("ended", "Cancelled, the request is over"), ("reminder_7_days", "Reminder, 7 days before"), ("reminder_2_days", "Reminder, 2 days before"), ("details", "Details again"), ("offer", "Something sooner"), ("offer_displaced", "Time taken away, another one kept"), ("offer_urgent", "A time kept for an urgent request"), ("please_phone", "Please phone us"), ("sooner_list", "Something sooner: no longer asked"), ("stop_moved", "Another place, does it suit"), ("answer", "Answer to a reply"), ("not_understood", "Reply not understood"), ("one_time_code", "One-time code"), ("staff_alert", "To staff: urgent requests wait")], max_length=30),
        ),
    ]
