"""Every address of the service, out of Django's own table, and what its view reads.

Nothing here is a list of ours: an address, a form or a parameter that is new is there by itself.
"""

import inspect
import re
import sys
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import quote

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from booking.pages.fields import DayBoxesField
from booking.pages.forms import NhsForm

READS = re.compile(r'(?:GET|POST|query_params|given|asked|query)\.get(?:list)?\(\s*"([\w.-]+)"')
DOCUMENTED = re.compile(r'OpenApiParameter\(\s*"([\w.-]+)"')
PART = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True)
class Address:
    """One address: its route, the names of its parameters, and what its view reads."""

    route: str
    view: Any
    names: tuple[str, ...]

    @property
    def parts(self) -> list[str]:
        """The names of what varies in its path."""
        return [name for _, name in PART.findall(self.route)]

    def path(self, values: dict[str, object]) -> str:
        """Return the path with these values in it, escaped as a browser does."""
        return "/" + PART.sub(lambda part: escape(values[part[2]]), self.route)


def escape(value: object) -> str:
    return quote(str(value), safe="", errors="surrogatepass")


def all_addresses() -> list[Address]:
    return list(_within(get_resolver(), ""))


def _within(resolver: URLResolver, before: str):
    for one in resolver.url_patterns:
        if not isinstance(one.pattern, RoutePattern):
            continue
        route = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield Address(route, one.callback, tuple(sorted(_names(one.callback))))
        else:
            yield from _within(one, route)


def _names(view: Any) -> set[str]:
    """Return the names that a view reads: in its module, and in those of ours that it calls."""
    view = inspect.unwrap(getattr(view, "view_class", getattr(view, "cls", view)))
    own = sys.modules[view.__module__]
    used = {sys.modules[name] for one in vars(own).values() if (name := _module_of(one))}
    names: set[str] = set()
    for module in {own, *used}:
        if not module.__name__.startswith(("booking.", "insights.", "notifications.")):
            continue
        source = inspect.getsource(module)
        names |= set(chain(READS.findall(source), DOCUMENTED.findall(source)))
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, NhsForm):
                names |= _fields(one)
    return names


def _module_of(one: Any) -> str:
    if inspect.ismodule(one):
        return str(one.__name__)
    return getattr(one, "__module__", None) or "" if callable(one) else ""


def _fields(form: type[NhsForm]) -> set[str]:
    """Return the names under which a form is sent."""
    names = set()
    for name, field in form.base_fields.items():
        sent = form.parameters.get(name, name)
        is_boxes = isinstance(field, DayBoxesField)
        names |= {f"{sent}[{part}]" for part in ("day", "month", "year")} if is_boxes else {sent}
    return names
