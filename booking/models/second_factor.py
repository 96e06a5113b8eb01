"""What staff show beside their password: an app that shows codes, and codes on paper."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django_otp.models import ThrottlingMixin
from django_otp.oath import TOTP

from sealed.fields import EncryptedText

SECONDS_OF_A_CODE = 30
DIGITS = 6


class _Allowed:
    """What django-otp's rule of wrong codes asks, where it has nothing against the next."""

    def verify_is_allowed(self) -> tuple[bool, None]:
        """Return that the next code may be looked at."""
        return True, None


class SecondFactor(ThrottlingMixin, models.Model, _Allowed):
    """The authenticator app of one account: its secret, in hexadecimal, and how far its codes went.

    Wrong codes slow the next one (django-otp's own rule). `last_t` is the step of the last code
    that was right: none of it or before is right again. `drift` is how many steps its clock is off.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="second_factor"
    )
    secret = EncryptedText()
    confirmed = models.BooleanField(default=False, help_text="Its first code was typed.")
    drift = models.SmallIntegerField(default=0)
    last_t = models.BigIntegerField(default=-1)

    def get_throttle_factor(self) -> int:
        """Return after how many seconds a second code may follow a wrong one (django-otp asks)."""
        return 1

    def takes(self, code: str, now: datetime) -> bool:
        """Return whether a code is right now; if so, `last_t` and `drift` say that it was used.

        The row is to be locked, and saved after it.
        """
        if not (code.isascii() and code.isdecimal() and len(code) == DIGITS):
            return False
        totp: Any = TOTP(bytes.fromhex(self.secret), SECONDS_OF_A_CODE, 0, DIGITS, self.drift)
        totp.time = now.timestamp()
        if not totp.verify(int(code), tolerance=1, min_t=self.last_t + 1):
            return False
        self.last_t, self.drift = totp.t(), totp.drift
        return True


class RecoveryCode(models.Model):
    """One code on paper, which lets its owner in once. Only a keyed hash of it is kept.

    A plain hash of 80 random bits would do; the key protects those of 40 bits that were given out
    before, too. A slow hash, as passwords have, would let anybody busy the server with wrong ones.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="recovery_codes"
    )
    code_hash = models.CharField(max_length=64)
    ended_at = models.DateTimeField(null=True, help_text="Used, or others took its place.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "code_hash"],
                condition=models.Q(ended_at=None),
                name="a_recovery_code_once",
            ),
        ]

    @staticmethod
    def hash_of(user: User, code: str) -> str:
        """Return the keyed hash (HMAC-SHA256) of somebody's code: of two people never the same.

        The key is settings.NUMBER_HASH_KEY: with another one no code is right any more.
        """
        said = f"recovery code of {user.pk}: {code}"
        key = settings.NUMBER_HASH_KEY.encode()
        return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()
