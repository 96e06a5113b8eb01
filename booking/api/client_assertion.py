"""How a client is known at `/oauth2/token`: by its secret, or by an assertion that it signed.

SMART Backend Services (RFC 7523): RS384 or ES384, `iss` and `sub` the client's id, `aud` our token
address, at most five minutes long, each `jti` once.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from django.conf import settings
from django.utils import timezone
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.oauth2.rfc6749.errors import InvalidClientError

from booking.api.scopes import is_known
from booking.exchange.feeds import client_keys
from booking.exchange.feeds.certificates import is_shown
from booking.models import FeedKey
from received.text import is_fit

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST = timedelta(minutes=5)
REQUIRED = ["exp", "iss", "sub", "aud", "jti"]


def token_address() -> str:
    """Return the address that an assertion must be made for."""
    return f"{settings.PUBLIC_BASE_URL}/oauth2/token"


class ClientValidator(OAuth2Validator):
    """The library's way to know a client, and signed assertions beside it."""

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Whether the client is who it says. Raises InvalidClientError for a wrong assertion."""
        sent = dict(request.decoded_body or [])
        if "client_assertion" not in sent and "client_assertion_type" not in sent:
            known: bool = super().authenticate_client(request, *args, **kwargs)
            return known and _is_certified(request.client.client_id, request)
        if sent.get("client_assertion_type") != JWT_BEARER:
            raise InvalidClientError(f"client_assertion_type must be {JWT_BEARER}.")
        client_id = check_assertion(sent.get("client_assertion", ""), now=timezone.now())
        if sent.get("client_id", client_id) != client_id:
            raise InvalidClientError("client_id is another than the assertion's.")
        if not _is_certified(client_id, request):
            raise InvalidClientError("The certificate of this client is needed as well.")
        return self._load_application(client_id, request) is not None

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Any, request: Any, *args: Any, **more: Any
    ) -> bool:
        """Whether a client may ask for all of these (booking/api/scopes.py)."""
        return all(map(is_known, scopes))


def _is_certified(client_id: str, request: Any) -> bool:
    """Whether a client shows the certificate that it is bound to, if it is."""
    client = FeedKey.objects.filter(prefix=client_id).first()
    return client is None or is_shown(client, request.headers)


def check_assertion(assertion: str, *, now: datetime) -> str:
    """Return the id of the client that signed it. Raises InvalidClientError, which says why not.

    Whoever has no key of the client's learns nothing of it: not even whether there is one.
    """
    try:
        head = jwt.get_unverified_header(assertion)
        issuer = jwt.decode(assertion, options={"verify_signature": False}).get("iss")
    except jwt.PyJWTError:
        raise InvalidClientError("client_assertion is no signed JWT.") from None
    kid, algorithm = head.get("kid"), head.get("alg")
    if algorithm not in client_keys.ALGORITHMS:
        raise InvalidClientError("alg must be RS384 or ES384.")
    if not (isinstance(kid, str) and isinstance(issuer, str) and is_fit(kid + issuer)):
        raise InvalidClientError("kid and iss are needed.")
    key = client_keys.find_signing_key(issuer, kid, now=now)
    if key is None or key.algorithm_name != algorithm:
        raise InvalidClientError("No key of this client has this kid and signs so.")
    try:
        said = jwt.decode(
            assertion, key, algorithms=[algorithm], audience=token_address(), issuer=issuer,
            options={"require": REQUIRED, "verify_iat": False},
        )  # fmt: skip
    except (jwt.PyJWTError, OverflowError) as error:  # OverflowError: of an exp that is infinite
        raise InvalidClientError(f"client_assertion: {error}") from None
    return _use(said, issuer, now)


def _use(said: dict[str, Any], issuer: str, now: datetime) -> str:
    if said["sub"] != issuer:
        raise InvalidClientError("sub must be iss: the client's id.")
    if (
        int(said["exp"]) > (now + LONGEST).timestamp()
    ):  # before it is made a day of: there may be none
        raise InvalidClientError("exp must be at most five minutes ahead.")
    expires_at = datetime.fromtimestamp(int(said["exp"]), UTC)
    if not isinstance(said["jti"], str) or not said["jti"] or not is_fit(said["jti"]):
        raise InvalidClientError("jti is needed.")
    if not client_keys.use_once(issuer, said["jti"], expires_at=expires_at):
        raise InvalidClientError("jti was used before: make a new assertion for each call.")
    return issuer
