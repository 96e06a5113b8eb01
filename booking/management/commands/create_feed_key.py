"""`manage.py create_feed_key RXL`: a new key, or OAuth2 client, for a trust, shown once."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from booking.exchange.feeds import certificates
from booking.exchange.feeds.certificates import FingerprintRefused
from booking.exchange.feeds.client_keys import KeysRefused, create_signing_client
from booking.exchange.feeds.keys import TooManyKeys, create_client, create_key
from booking.exchange.feeds.settings import write_down
from booking.exchange.safe_http import NotAllowed
from booking.identifiers.actors import Actor, ActorKind
from booking.models import AuditAction
from received.arguments import check_arguments
from sites.models import Trust

LONGEST_LABEL = 60


def _create(trust: str, options: dict[str, Any]) -> str | tuple[str, str]:
    now, label, jwks = timezone.now(), options["label"], options["jwks"]
    if jwks.startswith(("https://", "http://")):
        return create_signing_client(trust, now=now, url=jwks, label=label)
    if jwks:
        found = Path(jwks).read_bytes()
        return create_signing_client(trust, now=now, jwks=found, label=label)
    create = create_client if options["oauth"] else create_key
    return create(trust, now=now, label=label)


def _create_bound(trust: str, options: dict[str, Any]) -> str | tuple[str, str]:
    """Return what was made, bound to the certificate that was named: both or neither."""
    named = options["certificate"] and certificates.read_fingerprint(options["certificate"])
    with transaction.atomic():
        made = _create(trust, options)
        prefix = (made if isinstance(made, str) else made[0]).partition(".")[0]
        if named:
            certificates.bind(prefix, named)
        write_down(
            AuditAction.KEY_MADE, trust, now=timezone.now(), actor=Actor(ActorKind.COMMAND),
            key=prefix,
        )  # fmt: skip
    return made


class Command(BaseCommand):
    """Makes a key."""

    help = "Print a new key for a trust's feed. Only its hash is kept, so it is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the trust's ODS code."""
        parser.add_argument("trust", help="ODS code of the trust, such as RXL")
        parser.add_argument("--label", default="", help="a word to tell it apart by")
        parser.add_argument(
            "--oauth", action="store_true", help="an OAuth2 client (id and secret) instead"
        )

        parser.add_argument(
            "--certificate",
            default="",
            help="SHA-256 fingerprint of the client certificate that must be shown as well",
        )
        parser.add_argument(
            "--jwks",
            default="",
            help="a client that signs: a file of its public keys, or https://...",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the key alone, so that it can be piped into a secret store."""
        check_arguments(options)
        trust = Trust.objects.filter(code=options["trust"].upper()).first()
        if trust is None:
            known = ", ".join(Trust.objects.values_list("code", flat=True))
            raise CommandError(f"No trust {options['trust']}. Known: {known or 'none yet'}.")
        if len(options["label"]) > LONGEST_LABEL:
            raise CommandError(f"--label is over {LONGEST_LABEL} characters long.")
        try:
            made = _create_bound(trust.code, options)
        except FingerprintRefused as error:
            raise CommandError(f"--certificate: {error}") from None
        except (KeysRefused, NotAllowed, OSError) as error:
            raise CommandError(f"--jwks: {error}") from None
        except TooManyKeys:
            raise CommandError(
                f"{trust.code} has two already. Revoke one first: manage.py revoke_feed_key"
            ) from None
        self.stdout.write(made if isinstance(made, str) else "\n".join(made))
