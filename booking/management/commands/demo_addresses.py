"""`manage.py demo_addresses`: where to look in a running demo, and who to be."""

from base64 import b32encode
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from booking.demo import people, stories


class Command(BaseCommand):
    """Prints the demo's addresses, codes and login."""

    help = "Print where to look: patient page, staff page, demo phone."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print them."""
        base = settings.PUBLIC_BASE_URL
        key = b32encode(bytes.fromhex(people.SECOND_FACTOR)).decode()
        others = " and ".join(person.username for person in people.STAFF[1:])
        lines = [
            "",
            "The demo is ready. Everybody in it is invented.",
            "",
            f"  Patients    {base}/",
            *(f"      {line}" for line in stories.patients()),
            f"  Places      {base}/places",
            f"  Staff       {base}/staff/",
            f"      user name {people.CLERK}   password {people.CLERK_PASSWORD}",
            f"      second step: {people.code_now()} now, or a recovery code, once each start:",
            f"      {' '.join(people.RECOVERY_CODES)}",
            f"      authenticator key {key}; also {others}, same password",
            f"  Demo phone  {base}/demo/phone/   every text, to staff too",
            "",
            "  What waits for staff: sign in under that name",
            *(f"      {line}" for line in stories.for_staff(base)),
            *_heads(list(stories.to_look_up())),
            "",
        ]
        self.stdout.write("\n".join(lines))


def _heads(lines: list[str]) -> list[str]:
    """Return what to say of people worth looking up; nothing if there is nobody."""
    said = [f"      {line}" for line in lines]
    return ["", "  Whom to look up at the desk, by name or code", *said] if said else []
