"""Every address of the service, by room."""

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils import timezone

from notifications import provider


def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer that the server runs."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(_request: HttpRequest) -> HttpResponse:
    """Answer whether the database is there (503 if not), and whether texts go, one a line.

    Texts that are kept back are no reason to take the server away: 200.
    """
    try:
        why = provider.why_stopped(provider.current(), timezone.now())
    except DatabaseError:
        return HttpResponse("database: away\n", content_type="text/plain", status=503)
    texts = f"stopped: {why}" if why else "ok"
    return HttpResponse(f"database: ok\ntexts: {texts}\n", content_type="text/plain")


urlpatterns = [
    path("", include("booking.patient.urls")),
    path("", include("booking.finder.urls")),
    path("", include("booking.clerk.urls")),
    path("", include("insights.urls")),
    path("", include("booking.api.urls")),
    path("", include("insights.urls")),
    path("", include("notifications.urls")),
    path("", include("insights.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]

handler400 = "config.errors.bad_request"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
