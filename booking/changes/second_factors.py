"""Second factors of staff: set up, asked for, forgotten. Nobody reads one from a copy of the rows.

`now` is passed in, aware, UTC. What a release of before kept in clear (django-otp's own tables) is
taken over when its owner signs in, or by `manage.py rotate_keys`: never copied, so that a code of
before is right in one place only while two releases run.
"""

import secrets
from base64 import b32encode
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from booking.models import RecoveryCode, SecondFactor

CODES = 8
BYTES_OF_A_CODE = 10
BYTES_OF_A_SECRET = 20
TAKEN_OVER = "taken over"
"""Name of an app's row of before whose secret is here now: what stands there is right nowhere."""


def has_one(user: User) -> bool:
    """Return whether somebody has an app that was set up."""
    own = SecondFactor.objects.filter(user=user, confirmed=True)
    return own.exists() or _of_before().filter(user=user).exists()


def is_right(user: User, code: str, *, now: datetime) -> bool:
    """Return whether this is a code of the app or a recovery code, which is used up by it.

    A wrong one makes the next wait: until then the right one is wrong, too.
    """
    with transaction.atomic():
        factor = _locked(user, confirmed=True)
        if factor is None or not factor.verify_is_allowed()[0]:
            return False
        is_it = factor.takes(code, now) or _use(user, code, now)
        _count(factor, is_it)
        return is_it


def begin(user: User) -> SecondFactor:
    """Return the app that somebody is setting up: the same until its first code is right."""
    new = {"secret": secrets.token_hex(BYTES_OF_A_SECRET)}
    return SecondFactor.objects.get_or_create(user=user, defaults=new)[0]


def confirm(user: User, code: str, *, now: datetime) -> list[str]:
    """Take the first code of an app; return its recovery codes, shown this once; none if wrong."""
    with transaction.atomic():
        factor = _locked(user, confirmed=False)
        if factor is None or not factor.verify_is_allowed()[0]:
            return []
        factor.confirmed = factor.takes(code, now)
        _count(factor, factor.confirmed)
        return new_recovery_codes(user, now=now) if factor.confirmed else []


def new_recovery_codes(user: User, *, now: datetime) -> list[str]:
    """Return new recovery codes, each good once, in place of all older ones."""
    codes = [b32encode(secrets.token_bytes(BYTES_OF_A_CODE)).decode().lower() for _ in range(CODES)]
    give_codes(user, codes, now=now)
    return codes


def give_codes(user: User, codes: Iterable[str], *, now: datetime) -> None:
    """Let these codes, and no others, be somebody's recovery codes."""
    with transaction.atomic():
        SecondFactor.objects.select_for_update().filter(user=user).first()  # one set at a time
        codes_left(user).update(ended_at=now)
        RecoveryCode.objects.bulk_create(
            RecoveryCode(user=user, code_hash=RecoveryCode.hash_of(user, code)) for code in codes
        )


def codes_left(user: User) -> QuerySet[RecoveryCode]:
    """Return the recovery codes that somebody still has."""
    return RecoveryCode.objects.filter(user=user, ended_at=None)


def forget(user: User, *, now: datetime) -> None:
    """Forget somebody's app and recovery codes, those of before too."""
    with transaction.atomic():
        SecondFactor.objects.filter(user=user).delete()
        codes_left(user).update(ended_at=now)
        TOTPDevice.objects.filter(user=user).delete()
        StaticToken.objects.filter(device__user=user).delete()


def take_over(user: User, *, now: datetime) -> bool:
    """Take over what a release of before kept of somebody in clear; False if there is nothing.

    What it kept is right nowhere then: that release asks for a code still, and takes none.
    """
    with transaction.atomic():
        device = _of_before().select_for_update().filter(user=user).first()
        if device is None:
            return False
        fields = {"secret": device.key, "drift": device.drift, "last_t": device.last_t}
        SecondFactor.objects.update_or_create(user=user, defaults={**fields, "confirmed": True})
        tokens = StaticToken.objects.filter(device__user=user)
        give_codes(user, set(tokens.values_list("token", flat=True)), now=now)
        tokens.delete()
        TOTPDevice.objects.filter(user=user).update(
            name=TAKEN_OVER, key=secrets.token_hex(BYTES_OF_A_SECRET)
        )
    return True


def take_over_all(*, now: datetime) -> int:
    """Take over all that a release of before kept in clear; return of how many people."""
    users = User.objects.filter(pk__in=_of_before().values("user"))
    return sum(take_over(user, now=now) for user in users)


def address_for_app(factor: SecondFactor) -> str:
    """Return what the QR code says that an app reads (Google's Key Uri Format)."""
    issuer = settings.OTP_TOTP_ISSUER
    label = quote(f"{issuer}:{factor.user.get_username()}")
    words = {"secret": typed_secret(factor).replace(" ", ""), "issuer": issuer}
    return f"otpauth://totp/{label}?{urlencode(words, quote_via=quote)}"


def typed_secret(factor: SecondFactor) -> str:
    """Return the secret as apps want it typed: base 32, in groups of four."""
    return in_fours(b32encode(bytes.fromhex(factor.secret)).decode())


def in_fours(text: str) -> str:
    """Return a text in groups of four, as it is read out."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _of_before() -> QuerySet[TOTPDevice]:
    found: QuerySet[TOTPDevice] = TOTPDevice.objects.filter(confirmed=True)
    return found.exclude(name=TAKEN_OVER).order_by("pk")


def _locked(user: User, *, confirmed: bool) -> SecondFactor | None:
    rows = SecondFactor.objects.select_for_update()
    return rows.filter(user=user, confirmed=confirmed).first()


def _use(user: User, code: str, now: datetime) -> bool:
    """Use up a recovery code; False if it is none, or was used."""
    its = codes_left(user).filter(code_hash=RecoveryCode.hash_of(user, code))
    return its.update(ended_at=now) == 1


def _count(factor: SecondFactor, is_right: bool) -> None:
    """Save what a code did: after a right one the next need not wait."""
    if is_right:
        factor.throttle_reset(commit=False)
        factor.save()
    else:
        factor.throttle_increment()
