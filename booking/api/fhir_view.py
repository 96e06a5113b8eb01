"""What every FHIR view of ours shares: who may call, how often, and how errors are said."""

import io
import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from booking.api import parameters, scopes
from booking.api.open_view import OpenView
from booking.api.outcomes import TooLarge, Unreadable, add_error_codes, fhir_errors
from booking.api.refusals import FhirError
from booking.exchange.feeds import body_stream
from booking.exchange.feeds.keys import seconds_to_wait
from booking.models import FeedKey
from received.numbers import whole_number

GZIP = ("gzip", "x-gzip")
"""Both names of it in HTTP."""
CUT_SHORT = "The body ended before its Content-Length."
FHIR_JSON = "application/fhir+json"
FORMATS = {"json": FHIR_JSON, "application/json": FHIR_JSON, FHIR_JSON: FHIR_JSON}
"""What `_format` may say, and what is then answered."""
MIRRORED = ("X-Request-Id", "X-Correlation-Id")
"""Headers of a call that its answer repeats, so that both sides can find it (BaRS)."""
BARS = "NHSD-Target-Identifier"
"""The header by which a call is one of BaRS: its proxy routes by it."""
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
NUMBERS_OF_CALL = [
    OpenApiParameter(name, str, OpenApiParameter.HEADER, required=True, description="A GUID")
    for name in MIRRORED
]
_ECHO = re.compile(r"[\w.:-]{1,128}", re.ASCII)


class FhirJson(JSONRenderer):
    """JSON under FHIR's own media type."""

    media_type = "application/fhir+json"


class KeyThrottle(BaseThrottle):
    """API_CALLS_A_MINUTE calls a key, then 429 with Retry-After."""

    seconds = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the call; False if there were too many."""
        if isinstance(request.auth, FeedKey):
            self.seconds = seconds_to_wait(request.auth, now=timezone.now())
        return not self.seconds

    def wait(self) -> float:
        """Return the seconds until the key may call again."""
        return self.seconds


class AnyFhirVersion(DefaultContentNegotiation):
    """Takes media types without their parameters: we speak one version of FHIR whatever is said.

    `_format` is heard before the header, as FHIR says.
    """

    settings: Any = SimpleNamespace(URL_FORMAT_OVERRIDE=None)  # no `format`: FHIR's is `_format`

    def get_accept_list(self, request: Request) -> list[str]:
        """Return what the caller accepts, without `; fhirVersion=4.0` and the like."""
        said = request.query_params.get("_format")
        if said is not None:
            # A plus in an address is a space.
            kind = said.partition(";")[0].strip().replace(" ", "+")
            if kind not in FORMATS:
                raise NotAcceptable
            return [FORMATS[kind], "*/*"]
        return [kind.partition(";")[0].strip() for kind in super().get_accept_list(request)]


class FhirView(APIView):
    """A call of a trust's system, which needs its key as everything does that is not said to be
    open (settings: REST_FRAMEWORK). The body is never parsed by DRF: views stream it."""

    throttle_classes = [KeyThrottle]
    parser_classes = []
    renderer_classes = [FhirJson, JSONRenderer]
    content_negotiation_class = AnyFhirVersion
    takes: ClassVar[Mapping[str, parameters.Known]] = {}
    """The parameters of each method, by its name in small letters; none if it is not there."""
    needs: ClassVar[scopes.Needs] = {}
    """What a token must hold for each method (booking/api/scopes.py)."""
    is_of_bars: ClassVar[bool] = False
    """Whether only calls of BaRS come here. Elsewhere a call is one if it has BaRS's header."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let in who may call, with what the call knows."""
        super().initial(request, *args, **kwargs)
        method = str(request.method).lower().replace("head", "get")
        if method != "options" and hasattr(self, method):
            if isinstance(request.auth, FeedKey):
                scopes.check(request.auth.scope, self.needs.get(method))
            parameters.check(request, self.takes.get(method, parameters.Known()))
            if self.is_of_bars or BARS in request.headers:
                _check_numbers(request)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Give errors BaRS's codes, and the answer the numbers that the call has for itself."""
        said = getattr(response, "data", None)
        if isinstance(said, dict) and said.get("resourceType") == "OperationOutcome":
            add_error_codes(said, response.status_code)
        for name in MIRRORED:
            sent = request.headers.get(name, "")
            if _ECHO.fullmatch(sent):
                response[name] = sent
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        return final

    def get_exception_handler(self) -> Callable[..., Response | None]:
        """Answer errors in FHIR's words."""
        return fhir_errors


class OpenFhirView(OpenView, FhirView):
    """A FHIR address for everybody."""

    throttle_classes = []


class FhirNdjson(JSONRenderer):
    """Lets in who asks for NDJSON; errors are then JSON all the same."""

    media_type = "application/fhir+ndjson"


def fhir_response(resource: Mapping[str, Any], **kwargs: Any) -> Response:
    """Return a resource under FHIR's media type, however it was asked for."""
    return Response(resource, content_type="application/fhir+json", **kwargs)


def check_media_type(request: Request, wanted: tuple[str, ...], *, or_none: bool = False) -> None:
    """Refuse a body of another media type, and say which to send. Raises FhirError.

    `or_none`: one that says nothing of itself is taken for the right one.
    """
    said = (request.content_type or "").partition(";")[0].strip().lower()
    if said not in wanted and not (or_none and not said):
        got = f", not {said[:64]}" if said else ""
        raise FhirError(415, "not-supported", f"Content-Type: send {wanted[0]}{got}.")


def _check_numbers(request: Request) -> None:
    """Refuse a call of BaRS without its two numbers, by which both sides find it again."""
    for name in MIRRORED:
        if not GUID.fullmatch(request.headers.get(name, "")):
            raise FhirError(400, "invalid", f"{name} must be a GUID.")


def is_gzipped(request: Request) -> bool:
    """Whether the body is gzip. Raises Unreadable for another encoding."""
    encoding = request.headers.get("Content-Encoding", "").strip().lower() or "identity"
    if encoding not in ("identity", *GZIP):
        raise Unreadable(f"Content-Encoding {encoding} is not known. Send gzip, or none.")
    return encoding in GZIP


def is_chunked(request: Request) -> bool:
    """Whether no length was said of the body: it comes in pieces until the server sees its end."""
    return request.headers.get("Transfer-Encoding", "").strip().lower() == "chunked"


def stream_of(request: Request, limit: int | None = None) -> body_stream.Readable:
    """Return the unread body. Raises TooLarge if it says that it is over the limit (bytes).

    Django sees no body where no length was sent; the server does. Reading raises CutShort where
    less comes than was said: the server hands on what came before its sender broke off.
    """
    limit = limit or settings.IMPORT_MAX_BODY_BYTES
    length = whole_number(request.META.get("CONTENT_LENGTH") or "0")
    if length is None or length > limit:
        raise TooLarge(too_large(limit, "Nothing of it was used."))
    if is_chunked(request):
        stream: body_stream.Readable = request.META["wsgi.input"]
        return stream
    return body_stream.OfLength(request.stream or io.BytesIO(), length)


def read_whole(stream: body_stream.Readable, *, gzipped: bool, limit: int) -> bytes:
    """Return a small body whole. Raises TooLarge and Unreadable."""
    try:
        return body_stream.whole(stream, gzipped=gzipped, limit=limit)
    except body_stream.TooLong:
        raise TooLarge(too_large(limit, "Nothing of it was used.")) from None
    except body_stream.NotGzip:
        raise Unreadable("The body is not whole gzip. Nothing of it was used.") from None
    except body_stream.CutShort:
        raise Unreadable(f"{CUT_SHORT} Nothing of it was used.") from None


def too_large(limit: int, what_is_in: str) -> str:
    """Return what to say about a body over `limit` bytes."""
    size = f"{limit // 1024**2} MB" if limit >= 1024**2 else f"{limit} bytes"
    return (
        f"The body is over {size} unpacked, or packs impossibly well. {what_is_in} "
        "Send it in smaller parts; sending lines again is safe."
    )
