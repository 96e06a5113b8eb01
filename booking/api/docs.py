"""The OpenAPI description, and `/api/docs/`: the same as a plain page, without any script."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView

from booking.api.open_view import KeptView

METHODS = ("get", "post", "put", "patch", "delete")


class Operation(NamedTuple):
    """One call: its name (and place on the page), how it is called, and what it takes."""

    name: str
    method: str
    path: str
    description: str
    needs_key: bool
    parameters: list[dict[str, Any]]
    takes: list[str]
    answers: list[str]


class DescriptionView(KeptView, SpectacularAPIView):
    """`/api/schema/`: the OpenAPI description, which only a release changes."""

    keep = "max-age=3600"


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show every call of both APIs."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return render(
        request,
        "booking/api/docs.jinja",
        {"info": schema["info"], "operations": list(operations(schema))},
    )


def operations(schema: dict[str, Any]) -> Iterator[Operation]:
    """Yield the calls that an OpenAPI description describes, in its order."""
    for path, methods in schema["paths"].items():
        for method in METHODS:
            if method not in methods:
                continue
            said = methods[method]
            yield Operation(
                said["operationId"],
                method.upper(),
                path,
                said.get("description", ""),
                bool(said.get("security")) and {} not in said["security"],
                [_parameter(one) for one in said.get("parameters", [])],
                list(said.get("requestBody", {}).get("content", {})),
                list(said.get("responses", {})),
            )


def _parameter(described: dict[str, Any]) -> dict[str, Any]:
    schema = described.get("schema", {})
    choices = schema.get("enum") or schema.get("items", {}).get("enum") or []
    return {
        "name": described["name"],
        "where": described["in"],
        "required": described.get("required", False),
        "description": described.get("description", ""),
        "choices": [str(choice) for choice in choices],
        "type": schema.get("format") or schema.get("type", ""),
    }
