"""Addresses of both APIs and of their description."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from booking.api.fhir import ImportView
from booking.api.places import PlacesView, PlaceView, ScannerView

urlpatterns = [
    path("fhir/R4/$import", ImportView.as_view(), name="import"),
    path("api/v1/places", PlacesView.as_view(), name="api-places"),
    path("api/v1/places/<slug:slug>", PlaceView.as_view(), name="api-place"),
    path("api/v1/scanners/<str:code>", ScannerView.as_view(), name="api-scanner"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
]
