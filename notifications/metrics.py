"""/metrics: how the service is doing, as Prometheus reads it. Counted in the database when asked,
so that it is the same whichever web process answers."""

from collections.abc import Callable, Iterator
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from notifications import figures
from received.client import client_address

collectors: list[Callable[[], Collector]] = []
"""What other apps, which we may not import, count beside our texts: they add themselves."""


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the figures; 403 to the public.

    With settings.METRICS_TOKEN: to who bears it. Without: to this machine itself, and not to
    what a proxy on it hands on.
    """
    if not _may_read(request):
        return HttpResponseForbidden()
    registry = CollectorRegistry()
    registry.register(Texts())
    for collector in collectors:
        registry.register(collector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Texts(Collector):
    """The texts' figures as metrics."""

    def collect(self) -> Iterator[Metric]:
        """Count now."""
        now = figures.count(timezone.now())
        yield _labelled("texts", "Texts in each state.", "state", now.by_state)
        yield _gauge("texts_oldest_due_seconds", "Age of the oldest unsent text.", now.oldest_due)
        yield _gauge(
            "texts_oldest_unknown_seconds", "Age of the oldest doubtful text.", now.oldest_unknown
        )
        yield _labelled(
            "texts_latency_seconds",
            "From when a text was to go until it was taken, last 24 hours.",
            "quantile",
            {str(share): delay for share, delay in now.latency.items()},
        )
        yield _labelled("texts_receipts", "Receipts, last 24 hours.", "status", now.receipts)
        yield _gauge("texts_opt_outs", "Numbers that want no texts.", now.opt_outs)
        yield _gauge("texts_segments_sent", "Segments of all texts taken.", now.segments)
        yield _gauge("texts_sent_again", "Texts sent a second time after doubt.", now.resends)
        yield _gauge("texts_replies_waiting", "Replies not handled yet.", now.replies_waiting)
        yield _gauge(
            "texts_provider_stopped", "1 while nothing is sent at all.", bool(now.stopped_why)
        )
        yield _labelled(
            "texts_setting_at_fault",
            "1 while a setting of ours keeps all texts back.",
            "setting",
            {now.fault: 1} if now.fault else {},
        )


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return scheme == "Bearer" and constant_time_compare(token, settings.METRICS_TOKEN)
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ip_address(client_address(request)).is_loopback
    except ValueError:
        return False


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=value)


def _labelled(
    name: str, says: str, label: str, values: dict[str, int] | dict[str, float]
) -> Metric:
    family = GaugeMetricFamily(name, says, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
