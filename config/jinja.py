"""The Jinja2 environment of every page: NHS.UK frontend's macros, our filters, our settings."""

from typing import Any

from django.conf import settings
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_htmx.jinja import htmx_script
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader

from booking import words
from booking.clerk.permissions import links
from booking.names import say_nhs_number
from booking.references import say
from notifications.wording.dates import say_date, say_day, say_time


def csrf_field(request: Any) -> SafeString:
    """Return the hidden field that every form of ours carries."""
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request)
    )


def environment(**options: Any) -> Environment:
    """Return the environment: autoescaped, with our templates first and NHS.UK's after them."""
    options["loader"] = ChoiceLoader([options["loader"], PackageLoader("nhsuk_frontend_jinja")])
    # NHS.UK's macros read parameters of parameters that nobody passed.
    options["undefined"] = ChainableUndefined
    env = Environment(**options)  # noqa: S701 - Django's backend passes autoescape=True
    env.globals.update(
        static=static,
        url=reverse,
        csrf_field=csrf_field,
        htmx_script=htmx_script,
        organisation_name=settings.ORGANISATION_NAME,
        help_phone=settings.HELP_PHONE,
        help_hours=settings.HELP_HOURS,
        staff_links=links,
    )
    env.tests["next_door"] = words.is_next_door
    env.filters.update(
        by_day=words.by_day,
        by_limits=words.by_limits,
        capitalize_first=words.capitalize_first,
        first_of_each=words.first_of_each,
        hide_number=words.hide_number,
        say_code=say,
        say_date=say_date,
        say_day=say_day,
        say_days=words.say_days,
        say_exam=words.say_exam,
        say_hours=words.say_hours,
        say_interval=words.say_interval,
        say_journey=words.say_journey,
        say_nhs_number=say_nhs_number,
        say_origin=words.say_origin,
        say_phone=words.say_phone,
        say_scan=words.say_scan,
        say_time=say_time,
        say_visit=words.say_visit,
        say_week=words.say_week,
    )
    return env
