"""Going back needs values in clear: a release before these migrations reads no sealed ones."""

from django.db import migrations
from django.db.models import Q

SEALED = Q(mobile__contains="gAAAAA") | Q(nhs_number__contains="gAAAAA") | Q(email__startswith="gAAAAA")


def refuse(apps, schema_editor):
    patients = apps.get_model("booking", "Patient").objects.using(schema_editor.connection.alias)
    if patients.filter(SEALED).exists():
        raise RuntimeError(
            "Nothing was changed. Set SEAL_FIELDS=0 and run `manage.py rotate_keys --open` first:"
            " docs/operations.md, From a release that kept numbers in clear."
        )


class Migration(migrations.Migration):
    dependencies = [("booking", "0103_staff_sealed")]

    operations = [migrations.RunPython(migrations.RunPython.noop, refuse)]
