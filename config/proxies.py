"""Believes a proxy of ours about whom a request is from, and nobody else."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from received.client import who_sent


def believe_own_proxies(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Put the client's own address and scheme where Django looks for them.

    Of a peer that is no proxy of ours (settings.TRUSTED_PROXIES) the scheme and the certificate
    that it says somebody showed are taken away: it could have made them up. First of all, before
    anything that asks whether a request came by https.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        client = who_sent(request.META, settings.TRUSTED_PROXIES)
        request.META["REMOTE_ADDR"] = client.address
        request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        if client.scheme:
            request.META["HTTP_X_FORWARDED_PROTO"] = client.scheme
        if not client.is_by_proxy and settings.CLIENT_CERTIFICATE_HEADER:
            name = settings.CLIENT_CERTIFICATE_HEADER.upper().replace("-", "_")
            request.META.pop(f"HTTP_{name}", None)
        return get_response(request)

    return answer
