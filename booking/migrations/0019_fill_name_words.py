"""The words of the names of patients that are here already, a thousand patients at a time.

Each thousand is a transaction: nobody waits for all of them, and one that was broken off goes on
where it stopped. It uses today's folding on purpose: whatever names fold to when this runs is what
the code that runs then looks for.
"""

from django.db import migrations, transaction

from booking.models.name_word import words_kept

PATIENTS_AT_ONCE = 1_000


def fill(apps, schema_editor):
    using = schema_editor.connection.alias
    patients = apps.get_model("booking", "Patient").objects.using(using).order_by("pk")
    name_words = apps.get_model("booking", "NameWord").objects.using(using)
    last = name_words.order_by("-patient").values_list("patient", flat=True).first() or 0
    while some := list(patients.filter(pk__gt=last)[:PATIENTS_AT_ONCE]):
        with transaction.atomic(using=using):
            name_words.bulk_create(
                name_words.model(patient_id=one.pk, born=one.born, word=word, sound=heard)
                for one in some
                for word, heard in words_kept(one.given_name, one.family_name).items()
            )
        last = some[-1].pk


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("booking", "0018_patient_by_postcode")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
