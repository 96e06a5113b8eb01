"""`manage.py create_staff ada --role network_admin --trust RXL`: the first account of a network."""

import secrets
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from booking.changes import audit
from booking.identifiers.actors import Actor, ActorKind
from booking.models import AuditAction, Staff
from received.arguments import check_arguments
from sites.models import Trust


class Command(BaseCommand):
    """Makes a staff account; the network administrator makes the others by page."""

    help = "Make a staff account and print its first password, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the user name, the role and the trusts."""
        parser.add_argument("username")
        parser.add_argument("--role", choices=Staff.Role.values, required=True)
        parser.add_argument("--trust", action="append", required=True, help="ODS code; repeatable")
        parser.add_argument("--email", default="", help="for sign-in at the trust's own provider")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, all or nothing; the second factor is set up at the first sign-in."""
        check_arguments(options)
        codes = {code.upper() for code in options["trust"]}
        trusts = Trust.objects.filter(code__in=codes)
        if trusts.count() != len(codes):
            known = ", ".join(Trust.objects.values_list("code", flat=True))
            raise CommandError(f"A trust is not known. Known: {known or 'none yet'}.")
        if User.objects.filter(username=options["username"]).exists():
            raise CommandError(f"There is an account {options['username']} already.")
        try:
            User(username=options["username"], email=options["email"]).clean_fields(["password"])
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        password = secrets.token_urlsafe(12)
        with transaction.atomic():
            user = User.objects.create_user(
                options["username"], email=options["email"], password=password
            )
            staff = Staff.objects.create(
                user=user,
                role=options["role"],
                password_is_first=True,
                password_given_at=timezone.now(),
            )
            staff.trusts.set(trusts)
            audit.write(
                AuditAction.ACCOUNT_MADE, now=timezone.now(), actor=Actor(ActorKind.COMMAND),
                user=staff.pk, role=staff.role, trusts=sorted(codes),
            )  # fmt: skip
        self.stdout.write(password)
