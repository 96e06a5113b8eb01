"""An upgrade begins with values in clear: processes of the release before cannot read sealed ones."""

from django.conf import settings
from django.db import migrations


def refuse(apps, schema_editor):
    patients = apps.get_model("booking", "Patient").objects.using(schema_editor.connection.alias)
    if settings.PRODUCTION and settings.SEAL_FIELDS and patients.exists():
        raise RuntimeError(
            "Nothing was changed. Set SEAL_FIELDS=0 for this upgrade, and seal afterwards:"
            " docs/operations.md, From a release that kept numbers in clear."
        )


class Migration(migrations.Migration):
    dependencies = [("booking", "0093_legal_hold")]

    operations = [migrations.RunPython(refuse, migrations.RunPython.noop)]
