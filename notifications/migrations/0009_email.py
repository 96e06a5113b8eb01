"""E-mails to staff."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("notifications", "0008_kinds_of_texts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Email",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dedupe_key", models.CharField(max_length=120, unique=True)),
                ("to", models.CharField(blank=True, max_length=254)),
                ("heading", models.CharField(max_length=120)),
                ("body", models.TextField()),
                ("due_at", models.DateTimeField(help_text="Not sent, or not tried again, before this.")),
                ("not_after", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(help_text="Sent, called off, too late or given up.", null=True)),
                ("error", models.CharField(blank=True, help_text="Never personal data.", max_length=60)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("ended_at", None)), fields=["due_at"], name="email_due")],
            },
        ),
    ]
