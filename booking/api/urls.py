"""Addresses of both APIs and of their description."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView
from oauth2_provider.views import TokenView

from booking.api.docs import docs
from booking.api.fhir import ImportView
from booking.api.places import PlacesView
from booking.api.resources import BundleView, SlotView

urlpatterns = [
    path("fhir/R4/$import", ImportView.as_view(), name="import"),
    path("fhir/R4/", BundleView.as_view(), name="bundle"),
    path("fhir/R4", BundleView.as_view(schema=None)),  # some clients leave the slash away
    path("fhir/R4/Slot/<str:name>", SlotView.as_view(), name="put-slot"),
    path("oauth2/token", TokenView.as_view(), name="oauth2-token"),
    path("api/v1/places", PlacesView.as_view(), name="api-places"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", docs, name="api-docs"),
]
