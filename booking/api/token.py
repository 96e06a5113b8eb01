"""`POST /oauth2/token`: client credentials alone, before the library looks at anything.

The library would look up whatever it is given: of a password grant it tries the password of an
account, so that a right one reads differently from a wrong one, and wrong ones lock it.
"""

import base64
import binascii
import json
from typing import Any
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from oauth2_provider.views import RevokeTokenView, TokenView

from booking.exchange import key_tries
from booking.exchange.feeds.keys import is_wrong_secret
from received.client import client_address
from received.text import is_fit

GRANT = "client_credentials"


class ClientTokenView(TokenView):
    """A token for a trust's client; 400 for any other grant, for what stands in the address, is
    said twice or can be no id or secret; 401 for a wrong client; 429 for one wrong one of many.

    The library fails at what is not ASCII in the header, and at U+0000 anywhere on PostgreSQL.
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer the token, or why not."""
        error = _error_of(request)
        if error:
            return JsonResponse({"error": error}, status=400)
        client_id, secret = _client_of(request)
        if not _is_signed(request) and is_wrong_secret(client_id, secret):
            return _refuse(request, client_id)
        response: HttpResponse = super().post(request, *args, **kwargs)
        return _refuse(request, client_id, response) if response.status_code == 401 else response


class RevokeView(RevokeTokenView):
    """A client gives one of its own tokens back (RFC 7009); 400 for what no client can have, 401
    for a wrong client; 429 for one wrong one of many.
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer 200, whether or not there was such a token."""
        if not _is_readable(request):
            return JsonResponse({"error": "invalid_request"}, status=400)
        client_id, secret = _client_of(request)
        if not _is_signed(request) and is_wrong_secret(client_id, secret):
            return _refuse(request, client_id)
        response: HttpResponse = super().post(request, *args, **kwargs)
        return _refuse(request, client_id, response) if response.status_code == 401 else response


def _is_signed(request: HttpRequest) -> bool:
    """Whether the client says who it is by a signature, without a secret."""
    return bool(request.POST.get("client_assertion") or request.POST.get("client_assertion_type"))


def _is_readable(request: HttpRequest) -> bool:
    sent = [name + value for name, values in request.POST.lists() for value in values]
    header = request.headers.get("Authorization", "")
    return header.isascii() and all(map(is_fit, [*sent, *_basic(header)]))


def _error_of(request: HttpRequest) -> str:
    """Return RFC 6749's word for what is wrong with a call, whoever calls; empty if nothing is."""
    if not _is_readable(request):
        return "invalid_request"
    # Parameters are of the body, once each (RFC 6749 3.2); the library takes the address too.
    if request.GET or any(len(values) > 1 for _, values in request.POST.lists()):
        return "invalid_request"
    grant = request.POST.get("grant_type", "")
    if grant != GRANT:
        return "unsupported_grant_type" if grant else "invalid_request"
    return ""


def _refuse(
    request: HttpRequest, client_id: str, response: HttpResponse | None = None
) -> HttpResponse:
    """Count a wrong client, and say so: the same of every one, known or not.

    Of an assertion it says what the library's `response` says is wrong with it, too: who has no
    key of a client's learns nothing by that (client_assertion.check_assertion).
    """
    address = client_address(request)
    wait = key_tries.count_wrong(address, client_id, now=timezone.now())
    headers = {"Retry-After": str(wait)} if wait else {"WWW-Authenticate": 'Basic realm="slots"'}
    said = {"error": "invalid_client"}
    if response is not None and _is_signed(request):
        said |= json.loads(response.content)
    return JsonResponse(said, status=429 if wait else 401, headers=headers)


def _client_of(request: HttpRequest) -> tuple[str, str]:
    """Return the id and the secret, from the header or else from the body."""
    client_id, secret = _basic(request.headers.get("Authorization", ""))
    if client_id:
        return client_id, secret
    return request.POST.get("client_id", ""), request.POST.get("client_secret", "")


def _basic(header: str) -> tuple[str, str]:
    """Return the id and the secret of basic authentication; empty without, or if they are none."""
    scheme, _, sent = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        client_id, _, secret = base64.b64decode(sent).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return unquote_plus(client_id), unquote_plus(secret)
