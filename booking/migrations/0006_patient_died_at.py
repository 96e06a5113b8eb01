"""A patient can have died: nobody is to text or phone the family."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0005_referral_end")]

    operations = [
        migrations.AddField("patient", "died_at", models.DateTimeField(editable=False, null=True)),
    ]
