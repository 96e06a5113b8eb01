"""Sign-in at the trust's own identity provider (OpenID Connect), if settings name one."""

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from jwt import InvalidTokenError
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView

from booking.changes import provider_accounts
from booking.clerk.accounts import ReadsAccount
from booking.clerk.sign_in import let_half_in, let_in

LOG = logging.getLogger(__name__)
SECOND_FACTORS = {"mfa", "otp", "hwk", "swk", "sc", "fpt", "face"}
"""Values of the token's `amr` (RFC 8176) that say: more than a password was asked for."""


class Backend(ReadsAccount, OIDCAuthenticationBackend):
    """Finds the staff account of who signed in there (booking/changes/provider_accounts.py)."""

    def verify_token(self, token: str, **kwargs: Any) -> dict[str, Any]:
        """Return what a token says, if our provider made it, for us, and it still counts.

        OpenID Connect Core 3.1.3.7, points 2, 3 and 9: the library does not look. Raises
        SuspiciousOperation.
        """
        try:
            payload: dict[str, Any] = super().verify_token(token, **kwargs)
        except InvalidTokenError:
            raise SuspiciousOperation("The token has expired, or does not count yet.") from None
        if payload.get("iss") != settings.OIDC_ISSUER or "exp" not in payload:
            raise SuspiciousOperation("The token is another provider's, or never ends.")
        audience = payload.get("aud") or []
        if self.OIDC_RP_CLIENT_ID not in ([audience] if isinstance(audience, str) else audience):
            raise SuspiciousOperation("The token is for another client.")
        if payload.get("azp", self.OIDC_RP_CLIENT_ID) != self.OIDC_RP_CLIENT_ID:
            raise SuspiciousOperation("The token was made for another client.")
        return payload

    def get_or_create_user(
        self, access_token: str, id_token: str, payload: dict[str, Any]
    ) -> User | None:
        """Return the account, with whether the provider asked for a second factor; None: nobody's.

        Raises SuspiciousOperation if the two answers are about two people (Core 5.3.2).
        """
        claims: dict[str, Any] = self.get_userinfo(access_token, id_token, payload)
        if claims.get("sub") != payload.get("sub"):
            raise SuspiciousOperation("The provider's answers are about two people.")
        try:
            user = provider_accounts.user_of(
                payload["iss"], payload.get("sub"), email_of(claims), now=timezone.now()
            )
        except provider_accounts.NotLinked as why:
            LOG.warning("A trust's sign-in opens no account: %s", why)
            return None
        user.second_factor_passed = bool(  # type: ignore[attr-defined]
            SECOND_FACTORS & set(payload.get("amr") or [])
        )
        return user


def email_of(claims: dict[str, Any]) -> str:
    """Return the address that the provider answers for, empty if it does for none."""
    email = claims.get("email")
    is_theirs = claims.get("email_verified") is True or settings.OIDC_VOUCHES_FOR_EMAIL
    return email if isinstance(email, str) and is_theirs else ""


class Callback(OIDCAuthenticationCallbackView):
    """Where the provider sends people back to."""

    request: HttpRequest
    user: User

    def login_success(self) -> HttpResponse:
        """Let in who passed a second factor there; ask the others for ours."""
        after = self.request.session.get("oidc_login_next") or ""
        if self.user.second_factor_passed:  # type: ignore[attr-defined]
            return let_in(self.request, self.user, "booking.clerk.oidc.Backend", after)
        return let_half_in(self.request, self.user, after)
