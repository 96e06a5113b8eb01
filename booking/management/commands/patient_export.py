"""`manage.py patient_export 4711`: all that is kept of one patient, for them to read."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from booking.changes import audit
from booking.identifiers.actors import Actor, ActorKind
from booking.models import Patient
from booking.patients import personal_data

COMMAND = Actor(ActorKind.COMMAND)


class Command(BaseCommand):
    """Prints a patient's own data as JSON; that it was taken is in the audit."""

    help = "Print all that is kept of one patient as JSON. Read it before it goes to anybody."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number of the patient, as their page has it in its address."""
        parser.add_argument("patient", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it. Raises CommandError if there is no such patient."""
        patient = find(options["patient"])
        audit.write_export("a patient’s own data", [patient.pk], now=timezone.now(), actor=COMMAND)
        kept = personal_data.collect(patient)
        self.stdout.write(json.dumps(kept, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))


def find(number: int) -> Patient:
    """Return a patient, of a joined record the one that it was joined to. Raises CommandError."""
    patient = Patient.objects.filter(pk=number).first()
    if patient is None:
        raise CommandError("There is no patient with this number.")
    return patient.merged_into or patient
