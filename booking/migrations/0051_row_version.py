"""A row's version, the calls without an answer, what is done next, and until when it waits."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0050_freed_slot")]

    operations = [
        migrations.AddField(
            model_name="worklistrow",
            name="version",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="worklistrow",
            name="tries",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="worklistrow",
            name="step",
            field=models.CharField(
                choices=[
                    ("phone", "Phone them"),
                    ("letter", "Send a letter"),
                    ("referrer", "Tell who referred"),
                    ("lead", "A lead decides"),
                ],
                db_default="phone",
                default="phone",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="worklistrow", name="call_at", field=models.DateTimeField(null=True)
        ),
    ]
