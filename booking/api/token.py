"""`POST /oauth2/token`: the library's own address, which looks up whatever it is given."""

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse, JsonResponse
from oauth2_provider.views import RevokeTokenView, TokenView

from received.text import is_fit


class ClientTokenView(TokenView):
    """A token for a trust's client; 400 for an id or a secret that no client can have.

    The library fails at what is not ASCII in the header, and at U+0000 anywhere on PostgreSQL.
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer the token, or why not."""
        sent = [name + value for name, values in request.POST.lists() for value in values]
        header = request.headers.get("Authorization", "")
        if not header.isascii() or not all(map(is_fit, [*sent, _basic(header)])):
            return JsonResponse({"error": "invalid_request"}, status=400)
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response


class RevokeView(RevokeTokenView):
    """A client gives one of its own tokens back (RFC 7009); 400 for what no client can have."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer 200, whether or not there was such a token."""
        if not _is_fit(request):
            return JsonResponse({"error": "invalid_request"}, status=400)
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response


def _is_fit(request: HttpRequest) -> bool:
    sent = [name + value for name, values in request.POST.lists() for value in values]
    header = request.headers.get("Authorization", "")
    return header.isascii() and all(map(is_fit, [*sent, _basic(header)]))


def _basic(header: str) -> str:
    """Return the id and the secret of basic authentication; empty without, or if they are none."""
    scheme, _, sent = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return unquote_plus(base64.b64decode(sent).decode())
    except (binascii.Error, ValueError):
        return ""
