"""What a trust's feed would take away at once, and what became of it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0023_nhs_number_is_no_key")]

    operations = [
        migrations.CreateModel(
            name="Loss",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("begun_at", models.DateTimeField()),
                ("state", models.CharField(choices=[("open", "open"), ("passed", "done: it was within the limit"), ("released", "done: a lead let it go ahead"), ("kept", "a lead kept the times"), ("dropped", "the feed names the times again")], default="open", max_length=8)),
                ("held_at", models.DateTimeField(null=True)),
                ("is_forced", models.BooleanField(default=False)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(blank=True, max_length=64)),
                ("trust", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="sites.trust")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("state", "open")), fields=("trust",), name="one_open_loss_a_trust"),
                ],
            },
        ),
    ]
