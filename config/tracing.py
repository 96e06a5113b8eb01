"""Traces by OpenTelemetry: off unless OTEL_EXPORTER_OTLP_ENDPOINT names a collector.

What leaves is named here (KEPT): which route, task or kind of statement, how long, how it ended.
Addresses, statements, keys and the words of faults stay: they may name a patient.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from config.environment import own_server

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

KEPT = frozenset({
    "http.method", "http.request.method", "http.status_code", "http.response.status_code",
    "http.route", "http.scheme", "url.scheme", "db.system", "db.system.name",
    "celery.action", "celery.state", "celery.task_name", "celery.retries",
    "messaging.operation", "error.type",
})  # fmt: skip
"""Attributes that are sent on; none of them holds what anybody typed."""
SERVICE = "scan-finder"
KIND = re.compile(r"[A-Z]{2,20}|apply_async|run")
"""The first word of a statement or an order, as spans of the database and of Redis are named."""


def endpoint() -> str:
    """Return where traces go, empty if nowhere. Raises ImproperlyConfigured for no address."""
    return own_server("OTEL_EXPORTER_OTLP_ENDPOINT")


def start() -> None:
    """Begin to trace, if a collector is named. The libraries are in requirements/tracing.txt."""
    if not (url := endpoint()):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    sends = OTLPSpanExporter(endpoint=f"{url}/v1/traces")
    tracer_provider = provider()
    tracer_provider.add_span_processor(BatchSpanProcessor(scrubbed(sends)))
    for one in instrumentors():
        one.instrument(tracer_provider=tracer_provider)


def provider() -> "TracerProvider":
    """Return what makes spans; of this process it says the service's name alone."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    return TracerProvider(resource=Resource({"service.name": SERVICE}))


def instrumentors() -> list[Any]:
    """Return what traces each library: requests, statements, tasks, the broker."""
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor

    found: list[Any] = [DjangoInstrumentor, PsycopgInstrumentor, CeleryInstrumentor]
    return [kind() for kind in (*found, RedisInstrumentor)]


def scrubbed(sends: "SpanExporter") -> "SpanExporter":
    """Return an exporter that hands on only what is KEPT of each span."""
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Scrubbing(SpanExporter):
        """Takes out of each span what is not KEPT."""

        def export(self, spans: "Sequence[ReadableSpan]") -> SpanExportResult:
            """Send what is left."""
            return sends.export([_kept(span) for span in spans])

        def shutdown(self) -> None:
            """End."""
            sends.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            """Send what waits."""
            return sends.force_flush(timeout_millis)

    return Scrubbing()


def _kept(span: "ReadableSpan") -> "ReadableSpan":
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Status

    attributes = {name: value for name, value in (span.attributes or {}).items() if name in KEPT}
    return ReadableSpan(
        name=_name(span.name, attributes),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        kind=span.kind,
        status=Status(span.status.status_code),  # without the fault's own words
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _name(name: str, attributes: dict[str, Any]) -> str:
    """Return a span's name as its library is meant to give it, made of what is kept alone."""
    method = attributes.get("http.method") or attributes.get("http.request.method")
    if method:
        return f"{method} {attributes.get('http.route', '')}".strip()
    if task := attributes.get("celery.task_name"):
        return f"{attributes.get('celery.action', 'run')} {task}"
    first = name.split(maxsplit=1)[0] if name else ""
    return first if KIND.fullmatch(first) else "other"
