"""`/fhir/R4/.well-known/smart-configuration`: how a system signs in, for systems."""

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import scopes
from booking.api.fhir_view import OpenFhirView
from booking.exchange.feeds.client_keys import ALGORITHMS


class SmartConfigurationView(OpenFhirView):
    """Where tokens are had and given back, and by which kinds of proof."""

    @extend_schema(
        operation_id="smart_configuration",
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
        description=(
            "SMART Backend Services: the token and revocation addresses, and how a client proves "
            "who it is: an assertion that it signs (private_key_jwt), or a secret."
        ),
    )
    def get(self, request: Request) -> Response:
        """Answer it."""
        base = f"{settings.PUBLIC_BASE_URL}/oauth2"
        methods = ["private_key_jwt", "client_secret_basic", "client_secret_post"]
        said = {
            "token_endpoint": f"{base}/token",
            "revocation_endpoint": f"{base}/revoke",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": methods,
            "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
            "scopes_supported": scopes.SUPPORTED,
            "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
        }
        headers = {"Cache-Control": "max-age=3600"}
        return Response(said, content_type="application/json", headers=headers)
