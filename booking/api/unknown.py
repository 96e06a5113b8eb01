"""Whatever else is asked for under `/fhir`: it is not here, and the answer is FHIR all the same."""

from typing import Any, NoReturn

from rest_framework.request import Request

from booking.api.fhir_view import OpenFhirView
from booking.api.refusals import FhirError

RESOURCES = (
    "Location, Schedule, Slot, Appointment, ServiceRequest, MessageDefinition, Questionnaire and"
    " QuestionnaireResponse"
)


class UnknownView(OpenFhirView):
    """404 to everybody, by every method: a resource, operation or level that we do not have."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Say what there is instead."""
        raise FhirError(
            404,
            "not-found",
            f"Nothing is at this address. Under /fhir/R4/ are {RESOURCES}; its metadata says"
            " what can be done with each.",
        )

    def _nothing(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError

    get = post = put = patch = delete = _nothing
