"""Every address of the service, by room."""

from django.urls import include, path

from config.probes import healthz, readyz

urlpatterns = [
    path("", include("booking.patient.urls")),
    path("", include("booking.finder.urls")),
    path("", include("booking.clerk.urls")),
    path("", include("insights.urls")),
    path("", include("booking.api.urls")),
    path("", include("notifications.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]

handler400 = "config.errors.bad_request"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
