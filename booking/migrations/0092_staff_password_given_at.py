"""Whoever has a first password now has as long for it as somebody who is given one now."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0091_recovery_code'),
    ]

    operations = [
        migrations.AddField(
            model_name='staff',
            name='password_given_at',
            field=models.DateTimeField(db_default=Now(), help_text='When it was; it ends FIRST_PASSWORD_DAYS later.'),
        ),
    ]
