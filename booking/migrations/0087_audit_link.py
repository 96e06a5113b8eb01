"""The chain that seals the audit: a table beside it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0086_restore")]
    operations = [
        migrations.CreateModel(
            name="AuditLink",
            fields=[
                ("number", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("entry", models.BigIntegerField(unique=True)),
                ("digest", models.CharField(max_length=64)),
                ("key", models.CharField(max_length=8)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="audit_link_by_day")],
            },
        ),
    ]
