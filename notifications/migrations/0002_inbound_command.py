"""Inbound.word is called command: what a reply asks for."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [migrations.RenameField("inbound", "word", "command")]
