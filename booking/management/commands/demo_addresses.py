"""`manage.py demo_addresses`: where to look in a running demo, and who to be."""

from base64 import b32encode
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from booking.demo import people
from booking.identifiers.codes import format_code


class Command(BaseCommand):
    """Prints the demo's addresses, codes and login."""

    help = "Print where to look: patient page, staff page, demo phone."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print them."""
        base = settings.PUBLIC_BASE_URL
        born = [f"{p.born.day} {p.born.month} {p.born.year}" for p in people.SHOWN]
        codes = [
            f"      code {format_code(patient.code)}   date of birth {day:<12} {patient.given_name}"
            for patient, day in zip(people.SHOWN, born, strict=True)
        ]
        key = b32encode(bytes.fromhex(people.SECOND_FACTOR)).decode()
        others = " and ".join(person.username for person in people.STAFF[1:])
        lines = [
            "",
            "The demo is ready. Everybody in it is invented.",
            "",
            f"  Patients    {base}/",
            *codes,
            f"  Places      {base}/places",
            f"  Staff       {base}/staff/",
            f"      user name {people.CLERK}   password {people.CLERK_PASSWORD}",
            f"      second step: {people.code_now()} now, or a recovery code, once each start:",
            f"      {' '.join(people.RECOVERY_CODES)}",
            f"      authenticator key {key}; also {others}, same password",
            f"  Demo phone  {base}/demo/phone/",
            "",
        ]
        self.stdout.write("\n".join(lines))
