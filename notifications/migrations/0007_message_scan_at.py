"""When what a text is about begins: quiet hours give way to news that would come too late."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0006_dead_number")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="scan_at",
            field=models.DateTimeField(help_text="When what it is about begins.", null=True),
        ),
    ]
