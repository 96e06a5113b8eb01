"""Addresses that only a form opens: who comes to one by its address is led to where they should be.

Such an address stands in the bar of a browser after a form was refused, so people load it again,
keep it and send it on.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

View = Callable[..., HttpResponseBase]
SEE_OTHER = 303


def form_only(page: str, *carries: str) -> Callable[[View], Callable[..., Any]]:
    """Make a view that a form alone opens; a GET of it changes nothing and is answered 303.

    It leads to `page`, the name of the page whose form it is, or that shows what it did; `carries`
    are the parts of the address that this page's address has, too.
    """

    def guard(view: View) -> Callable[..., Any]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in ("GET", "HEAD") and request.resolver_match:
                given = request.resolver_match.kwargs
                address = reverse(page, kwargs={name: given[name] for name in carries})
                return HttpResponseRedirect(address, status=SEE_OTHER)
            if request.method != "POST":
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            return view(request, *args, **kwargs)

        return guarded

    return guard
