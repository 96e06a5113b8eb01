"""Slot.place is called seat: "place" is where people go.

Both databases rename the column inside the unique constraint themselves: only Django's own
picture of it is told.
"""

from django.db import migrations, models

NAME = "slot_place_of_trust"


class Migration(migrations.Migration):
    dependencies = [("booking", "0002_audit_is_append_only")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveConstraint("slot", NAME)]
        ),
        migrations.RenameField("slot", "place", "seat"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddConstraint(
                    "slot",
                    models.UniqueConstraint(fields=["trust", "external_id", "seat"], name=NAME),
                )
            ]
        ),
    ]
