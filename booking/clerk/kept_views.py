"""What somebody had sent when their session ended: shown to them once, and sent again by them."""

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from booking.clerk.idle import take_sent
from booking.clerk.permissions import Action, staff_page
from booking.models import Staff
from received.text import is_fit

OURS = re.compile(r"[0-9a-f]{12,}|\S{40,}")
"""What our pages put into a form beside what is typed: what tells an old page from a new one."""


@require_safe
@staff_page(Action.ACCOUNT)
def kept(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Show a form that came too late, with a button that sends it.

    It goes where it went: there it is looked at as ever, whether it may be and is about what is.
    """
    address = request.GET.get("of", "")
    fields = take_sent(request, address) if is_fit(address) else {}
    if not fields:
        return redirect("staff")
    carried = [(name, value) for name, values in fields.items() for value in values]
    said = [(in_words(name), one) for name, one in carried if one and not OURS.fullmatch(one)]
    words = {"staff": staff, "address": address, "carried": carried, "said": said}
    answer = render(request, "booking/clerk/kept.jinja", words)
    answer["Cache-Control"] = "no-store"
    return answer


def in_words(name: str) -> str:
    """Return the name of a form's field as somebody reads it: "given_name" is "Given name"."""
    said = re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()
    return said[:1].upper() + said[1:]
