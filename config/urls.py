"""Every address of the service, by room."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer that the server runs."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("", include("booking.patient.urls")),
    path("", include("booking.finder.urls")),
    path("", include("booking.clerk.urls")),
    path("", include("booking.api.urls")),
    path("", include("notifications.urls")),
    path("healthz", healthz, name="healthz"),
]

handler400 = "config.errors.bad_request"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
