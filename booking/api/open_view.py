"""What an API view inherits to be open to everybody: without it, a trust's key is needed."""

from typing import Any

from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from booking.exchange.feeds.publish import mark_of

SAFE = ("GET", "HEAD")
WEAK = "W/"


class OpenView(APIView):
    """An address for everybody, whatever key comes with the call: nothing at it is about a
    patient."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Let nobody keep an error: what is not there may come any moment."""
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        if final.status_code >= 400:
            final["Cache-Control"] = "no-store"
        return final


class KeptView(OpenView):
    """One whose answers a browser may keep a moment, each with a mark of what it says.

    Who sends the mark again is told that nothing changed. The mark is of the answer itself: it
    saves what goes over the line, and a phone the reading, not us the search.
    """

    keep = "private, max-age=15"

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Mark an answer; leave its body away if whoever asks has it."""
        final = super().finalize_response(request, response, *args, **kwargs)
        if request.method not in SAFE or final.status_code != 200:
            return final
        mark = mark_of(final.render().content)
        final["ETag"], final["Cache-Control"] = mark, self.keep
        patch_vary_headers(final, ["Accept-Encoding"])  # of one that is left away, too
        if is_known(request, mark):
            final.status_code, final.content = 304, b""
            del final["Content-Type"]
        return final


def is_known(request: Request, mark: str) -> bool:
    """Return whether somebody says by If-None-Match that they have what the mark stands for.

    If-Match is for who changes something: at an open address nobody does, and it is passed over.
    """
    sent = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in sent or mark.removeprefix(WEAK) in {one.removeprefix(WEAK) for one in sent}
