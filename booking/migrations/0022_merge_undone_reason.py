"""Why a lead took two records apart: kept with the merge, not in the audit."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0021_hold_limit")]

    operations = [
        migrations.AddField(
            model_name="merge",
            name="undone_reason",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
    ]
