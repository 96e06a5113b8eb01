"""Addresses of both APIs and of their description."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from booking.api.appointments import AppointmentsView, AppointmentView
from booking.api.bundle import BundleView, SlotView
from booking.api.capacity import LocationRead, LocationSearch, ScheduleRead, SlotSearch
from booking.api.docs import DescriptionView, docs
from booking.api.fhir import ImportView
from booking.api.hold import HoldView, ReleaseView
from booking.api.messages import MessageDefinitionView, MessageView
from booking.api.metadata import MetadataView
from booking.api.places import PlacesView, PlaceView, ScannerView
from booking.api.posted_search import posted
from booking.api.publish import ManifestView, PublishedFileView
from booking.api.questions import QuestionnaireRead, QuestionnaireResponseRead
from booking.api.referral import ServiceRequestRead, ServiceRequests
from booking.api.smart import SmartConfigurationView
from booking.api.token import ClientTokenView, RevokeView
from booking.api.unknown import UnknownView

urlpatterns = [
    path("fhir/R4/", BundleView.as_view(), name="bundle"),
    path("fhir/R4", BundleView.as_view(schema=None)),  # some clients leave the slash away
    path("fhir/R4/$import", ImportView.as_view(), name="import"),
    path("fhir/R4/$process-message", MessageView.as_view(), name="process-message"),
    path("fhir/R4/MessageDefinition", MessageDefinitionView.as_view(), name="message-definitions"),
    path("fhir/R4/metadata", MetadataView.as_view(), name="metadata"),
    path("fhir/R4/.well-known/smart-configuration", SmartConfigurationView.as_view(), name="smart"),
    path("fhir/R4/$bulk-publish", ManifestView.as_view(), name="bulk-publish"),
    path(
        "fhir/R4/$bulk-publish/<str:name>.ndjson",
        PublishedFileView.as_view(),
        name="bulk-publish-file",
    ),
    path("fhir/R4/Slot", SlotSearch.as_view(), name="slots"),
    path("fhir/R4/Slot/_search", posted(SlotSearch, "Slot").as_view()),
    path("fhir/R4/Slot/<str:id>/$hold", HoldView.as_view(), name="hold-slot"),
    path("fhir/R4/Slot/<str:id>/$release", ReleaseView.as_view(), name="release-slot"),
    path("fhir/R4/Slot/<str:id>", SlotView.as_view(), name="slot"),
    path("fhir/R4/Schedule/<str:id>", ScheduleRead.as_view(), name="schedule"),
    path("fhir/R4/Location", LocationSearch.as_view(), name="locations"),
    path("fhir/R4/Location/_search", posted(LocationSearch, "Location").as_view()),
    path("fhir/R4/Location/<str:id>", LocationRead.as_view(), name="location"),
    path("fhir/R4/Appointment", AppointmentsView.as_view(), name="fhir-appointments"),
    path("fhir/R4/Appointment/_search", posted(AppointmentsView, "Appointment").as_view()),
    path("fhir/R4/Appointment/<str:id>", AppointmentView.as_view(), name="fhir-appointment"),
    path("oauth2/token", ClientTokenView.as_view(), name="oauth2-token"),
    path("fhir/R4/ServiceRequest", ServiceRequests.as_view(), name="service-request"),
    path("fhir/R4/ServiceRequest/_search", posted(ServiceRequests, "ServiceRequest").as_view()),
    path("fhir/R4/ServiceRequest/<str:id>", ServiceRequestRead.as_view(), name="read-request"),
    path("fhir/R4/Questionnaire/<str:id>", QuestionnaireRead.as_view(), name="questionnaire"),
    path(
        "fhir/R4/QuestionnaireResponse/<str:id>",
        QuestionnaireResponseRead.as_view(),
        name="questionnaire-response",
    ),
    path("oauth2/revoke", csrf_exempt(RevokeView.as_view()), name="oauth2-revoke"),
    path("fhir", UnknownView.as_view()),
    path("fhir/", UnknownView.as_view()),
    path("fhir/<path:url>", UnknownView.as_view()),  # after all that is there
    path("api/v1/places", PlacesView.as_view(), name="api-places"),
    path("api/v1/places/<slug:slug>", PlaceView.as_view(), name="api-place"),
    path("api/v1/scanners/<str:code>", ScannerView.as_view(), name="api-scanner"),
    path("api/schema/", DescriptionView.as_view(), name="api-schema"),
    path("api/docs/", docs, name="api-docs"),
]
