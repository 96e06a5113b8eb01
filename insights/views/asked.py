"""What the doors of figures share: who looks, and how a page or its part is answered."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from booking.models import Staff
from insights.forms.figures import MonthsForm
from insights.invented import banner

PART = "figures"
"""The id of what htmx swaps."""


def figures_page(
    request: HttpRequest, staff: Staff, name: str, choices: MonthsForm, context: Mapping[str, Any]
) -> HttpResponse:
    """Return the page of that name, or its part alone to htmx; 400 if the address has errors."""
    is_part = request.headers.get("HX-Target") == PART
    template = f"insights/{'_' if is_part else ''}{name}.jinja"
    words = {"staff": staff, "choices": choices, "invented": banner(), "is_part": is_part}
    status = 400 if choices.errors else 200
    return render(request, template, {**words, **context}, status=status)


def not_here(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Say that there are no such figures, or none that this person may see."""
    return render(request, "insights/not_here.jinja", {"staff": staff}, status=404)
