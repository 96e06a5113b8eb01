"""Error pages: what happened, what is safe, what to do next."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from times.keyset import ListAddressInvalid


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came back without its token: cookies are off, or the page was open too long."""
    return render(request, "errors/form_expired.jinja", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The request could not be read; of a list, which part of it is wanted."""
    if isinstance(exception, ListAddressInvalid):
        staff = getattr(request, "staff", None)
        layout = f"booking/{'clerk' if staff else 'patient'}/layout.jinja"
        words = {"layout": layout, "staff": staff}
        return render(request, "errors/list_lost.jinja", words, status=400)
    return render(request, "errors/bad_request.jinja", status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such page."""
    return render(request, "errors/not_found.jinja", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Our fault."""
    return render(request, "errors/server_error.jinja", status=500)
