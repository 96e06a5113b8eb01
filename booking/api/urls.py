"""Addresses of both APIs and of their description."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from booking.api.fhir import ImportView
from booking.api.places import PlacesView
from booking.api.referrals import ServiceRequestView

urlpatterns = [
    path("fhir/R4/$import", ImportView.as_view(), name="import"),
    path("fhir/R4/ServiceRequest", ServiceRequestView.as_view(), name="service-request"),
    path("api/v1/places", PlacesView.as_view(), name="api-places"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
]
