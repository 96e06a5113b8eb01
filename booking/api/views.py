"""What every FHIR door of ours shares: media types, who may call, and how errors are said."""

from collections.abc import Callable, Mapping
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from booking.api.authentication import HasTrustKey, TrustKeyAuthentication
from booking.api.fhir import FhirJson
from booking.api.outcomes import fhir_errors


class AnyFhirVersion(DefaultContentNegotiation):
    """Takes media types without their parameters: we speak one version of FHIR whatever is said."""

    def get_accept_list(self, request: Request) -> list[str]:
        """Return what the caller accepts, without `; fhirVersion=4.0` and the like."""
        return [kind.partition(";")[0].strip() for kind in super().get_accept_list(request)]


class FhirView(APIView):
    """A FHIR address for trusts' systems. The body, if any, is read by the view itself."""

    authentication_classes = [TrustKeyAuthentication]
    permission_classes = [HasTrustKey]
    parser_classes = []
    renderer_classes = [FhirJson, JSONRenderer]
    content_negotiation_class = AnyFhirVersion

    def get_exception_handler(self) -> Callable[..., Response | None]:
        """Answer errors in FHIR's words."""
        return fhir_errors


class OpenFhirView(FhirView):
    """A FHIR address for everybody: nothing at it is about a patient."""

    authentication_classes = []
    permission_classes = []


class FhirNdjson(JSONRenderer):
    """Lets in who asks for NDJSON; errors are then JSON all the same."""

    media_type = "application/fhir+ndjson"


def fhir_response(resource: Mapping[str, Any], **kwargs: Any) -> Response:
    """Return a resource under FHIR's media type, however it was asked for."""
    return Response(resource, content_type="application/fhir+json", **kwargs)
