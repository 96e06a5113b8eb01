"""Sign-in at the trust's own identity provider (OpenID Connect), if settings name one."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from jwt import InvalidTokenError
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView

from booking.clerk.accounts import ReadsAccount
from booking.clerk.sign_in import let_half_in, let_in
from received.text import is_fit

SECOND_FACTORS = {"mfa", "otp", "hwk", "swk", "sc", "fpt", "face"}
"""Values of the token's `amr` (RFC 8176) that say: more than a password was asked for."""


class Backend(ReadsAccount, OIDCAuthenticationBackend):
    """Finds the staff account of who signed in there, by e-mail address. Makes none."""

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
        return payload

    def filter_users_by_claims(self, claims: dict[str, Any]) -> QuerySet[User]:
        """Return the one account; none for an address that the provider has not verified."""
        email = claims.get("email")
        if not isinstance(email, str) or not email or not is_fit(email):
            return User.objects.none()
        if not (claims.get("email_verified") is True or settings.OIDC_VOUCHES_FOR_EMAIL):
            return User.objects.none()
        return User.objects.filter(email__iexact=email, staff__isnull=False)

    def get_or_create_user(
        self, access_token: str, id_token: str, payload: dict[str, Any]
    ) -> User | None:
        """Return the account, with whether the provider asked for a second factor."""
        user: User | None = super().get_or_create_user(access_token, id_token, payload)
        if user:
            user.second_factor_passed = bool(  # type: ignore[attr-defined]
                SECOND_FACTORS & set(payload.get("amr") or [])
            )
        return user


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
