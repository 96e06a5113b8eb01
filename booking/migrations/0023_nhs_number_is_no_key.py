"""An NHS number stays unique, but by a partial index: a change of it waits for nobody's booking.

PostgreSQL takes a full lock of a row (FOR UPDATE) when a column changes that a foreign key could
point to, that is one with a whole unique index. Whoever writes a row about that patient waits then.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0022_merge_undone_reason")]

    operations = [
        migrations.AddConstraint(
            model_name="patient",
            constraint=models.UniqueConstraint(
                condition=models.Q(nhs_number__isnull=False),
                fields=("nhs_number",),
                name="one_patient_per_nhs_number",
            ),
        ),
        migrations.AlterField(
            model_name="patient",
            name="nhs_number",
            field=models.CharField(blank=True, max_length=10, null=True),
        ),
    ]
