"""Who calls: a trust's system, by its key."""

from datetime import datetime
from typing import Any, NoReturn

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from booking.exchange import key_tries
from booking.exchange.feeds import certificates
from booking.exchange.feeds.keys import find_key
from booking.models import FeedKey
from received.client import client_address

WRONG_KEY = "This key is not known, was revoked, or is another certificate’s."


class TrustKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key or OAuth2 token>`; request.auth is then the FeedKey of either."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, FeedKey] | None:
        """Return who calls; None without a key. Raises AuthenticationFailed for a wrong one, and
        Throttled for one of many."""
        scheme, _, key = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        now = timezone.now()
        found = find_key(key.strip(), now=now)
        if found is None or not certificates.is_shown(found, request.META):
            refuse_wrong(request, key.strip(), now)
        return AnonymousUser(), found

    def authenticate_header(self, request: Request) -> str:
        """Return what makes the answer a 401 and not a 403."""
        return 'Bearer realm="slots"'


def refuse_wrong(request: Request, key: str, now: datetime) -> NoReturn:
    """Count a wrong key. Raises AuthenticationFailed, or Throttled with how long to wait."""
    key_id, dot, _ = key.partition(".")
    address = client_address(request)
    wait = key_tries.count_wrong(address, key_id if dot else "", now=now)
    if wait:
        raise Throttled(wait, f"{WRONG_KEY} Too many wrong ones came from you, or under its id.")
    raise AuthenticationFailed(WRONG_KEY)


class HasTrustKey(BasePermission):
    """Lets in callers with a key."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether a key came with the call."""
        return isinstance(request.auth, FeedKey)


def key_of(request: Request) -> FeedKey:
    """Return the key, or OAuth2 client, that the call came with."""
    key: object = request.auth
    if not isinstance(key, FeedKey):
        raise AuthenticationFailed("A key is needed.")
    return key


def trust_of(request: Request) -> str:
    """Return the ODS code of the trust whose key came with the call: all that it may touch."""
    return key_of(request).trust_id


class TrustKeyScheme(OpenApiAuthenticationExtension):
    """Says in the OpenAPI description how a trust's system signs in."""

    target_class = TrustKeyAuthentication
    name = "trustKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer"}
