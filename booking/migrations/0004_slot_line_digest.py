"""Slot.word is called line_digest: it is the digest of the line that the trust sent last."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("booking", "0003_slot_seat")]

    operations = [migrations.RenameField("slot", "word", "line_digest")]
