"""A patient has an e-mail address and a postal address."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0008_end_what_is_over")]

    operations = [
        migrations.AddField("patient", "email", models.CharField(blank=True, max_length=254)),
        migrations.AddField("patient", "address", models.TextField(blank=True)),
    ]
