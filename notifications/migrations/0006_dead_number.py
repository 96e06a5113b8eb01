"""Numbers at which no text can arrive, known by their hash."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_setting_at_fault")]

    operations = [
        migrations.CreateModel(
            name="DeadNumber",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number_hash", models.CharField(max_length=64)),
                (
                    "code",
                    models.PositiveIntegerField(
                        help_text="The provider's, as gateways.codes has it."
                    ),
                ),
                ("at", models.DateTimeField()),
                ("cleared_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("cleared_at", None)),
                        fields=("number_hash",),
                        name="one_mark_a_dead_number",
                    )
                ],
            },
        ),
    ]
