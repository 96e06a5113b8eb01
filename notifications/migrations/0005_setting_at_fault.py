"""Which setting of ours keeps all texts back, since when, and how that shows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0004_kind_ended"),
    ]

    operations = [
        migrations.AddField(
            model_name="provider",
            name="fault",
            field=models.CharField(
                blank=True, help_text="Which setting of ours keeps all texts back.", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="provider",
            name="fault_at",
            field=models.DateTimeField(help_text="When it was met last.", null=True),
        ),
        migrations.AddField(
            model_name="provider",
            name="fault_by_receipt",
            field=models.BooleanField(default=False, help_text="Texts are taken, then failed."),
        ),
        migrations.AddField(
            model_name="provider",
            name="fault_since",
            field=models.DateTimeField(null=True),
        ),
    ]
