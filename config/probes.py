"""/healthz and /readyz: before everything else, so that no host, scheme or database is needed.

A probe calls by the container's own address and without TLS: it is neither refused nor redirected.
"""

from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config.health import ready
from notifications import provider


def answer_probes(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer probes by themselves."""

    def answer(request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        return probe(request) if probe else get_response(request)

    return answer


def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer that the process runs."""
    return _say("ok", 200)


def readyz(request: HttpRequest) -> HttpResponse:
    """Answer which part is well, one a line: 503 if one is not.

    `?of=web` asks only for what a page needs: without a broker patients can still book, and a
    proxy that took every web process away then would be the fault itself. Texts that are kept
    back are no reason to take the server away either.
    """
    parts = ready.WEB if request.GET.get("of") == "web" else ready.ALL
    faults = ready.faults(parts)
    lines = [f"{name}: {why or 'ok'}\n" for name, why in faults.items()]
    status = 503 if any(faults.values()) else 200
    try:
        why = provider.why_stopped(provider.current(), timezone.now())
    except DatabaseError:
        return _say("".join(lines), 503)
    texts = f"stopped: {why}" if why else "ok"
    return _say("".join([*lines, f"texts: {texts}\n"]), status)


PROBES = {"/healthz": healthz, "/readyz": readyz}


def _say(text: str, status: int) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(text, content_type="text/plain", status=status, headers=headers)
