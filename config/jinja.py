"""The Jinja2 environment of every page: NHS.UK frontend's macros, our filters, our settings."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_htmx.jinja import htmx_script
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader

from booking.clerk.alert_views import banner_of
from booking.clerk.notices import take_notices
from booking.clerk.permissions import header_links
from booking.exams.questions.wording import told_to
from booking.identifiers.codes import format_code
from booking.identifiers.people import say_nhs_number
from booking.pages import filters, scanners, without_a_car
from booking.pages.subject import about_field
from insights.charts import drawing
from sites.travel.way_home import no_way_home
from times.london import say_date, say_day, say_span, say_time

OF_EVERYBODY = ("finder-place", "finder-scanner")
"""Names of addresses that say a place or a scanner: of no person, and as many as there are."""


def csrf_field(request: Any) -> SafeString:
    """Return the hidden field that every form of ours carries."""
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request)
    )


def url(name: str, args: Sequence[Any] = ()) -> str:
    """Return the address of a page. What is the same for everybody is worked out once."""
    if args and name not in OF_EVERYBODY:
        return reverse(name, args=args)
    return _same(get_script_prefix(), name, tuple(args))


@lru_cache(maxsize=5000)
def _same(_prefix: str, name: str, args: tuple[Any, ...]) -> str:
    """`_prefix` is where the site begins: its addresses begin with it."""
    return reverse(name, args=args)


def environment(**options: Any) -> Environment:
    """Return the environment: autoescaped, with our templates first and NHS.UK's after them."""
    options["loader"] = ChoiceLoader([options["loader"], PackageLoader("nhsuk_frontend_jinja")])
    # NHS.UK's macros read parameters of parameters that nobody passed.
    options["undefined"] = ChainableUndefined
    env = Environment(**options)
    env.globals.update(
        static=static,
        url=url,
        csrf_field=csrf_field,
        about_field=about_field,
        htmx_script=htmx_script,
        organisation_name=settings.ORGANISATION_NAME,
        help_phone=settings.HELP_PHONE,
        help_hours=settings.HELP_HOURS,
        accessibility_email=settings.ACCESSIBILITY_EMAIL,
        data_protection_email=settings.DATA_PROTECTION_EMAIL,
        bar_shares=drawing.bar_shares,
        draw_both=drawing.draw_both,
        draw_spark=drawing.spark,
        say_number=drawing.say_number,
        abilities_at=scanners.abilities_at,
        no_way_home=no_way_home,
        staff_alerts=banner_of,
        staff_links=header_links,
        staff_notices=take_notices,
    )
    env.tests["next_door"] = filters.is_next_door
    env.filters.update(
        by_day=filters.by_day,
        by_limits=scanners.by_limits,
        say_limits=scanners.say_limits,
        van_lines=scanners.van_lines,
        capitalize_first=filters.capitalize_first,
        first_of_each=filters.first_of_each,
        hide_number=filters.hide_number,
        in_minutes=filters.in_minutes,
        say_code=format_code,
        say_date=say_date,
        say_day=say_day,
        say_span=say_span,
        say_days=filters.say_days,
        say_exam=filters.say_exam,
        say_hours=filters.say_hours,
        say_interval=filters.say_interval,
        lower_first=filters.lower_first,
        say_by_car=filters.say_by_car,
        say_distance=filters.say_distance,
        say_journey=filters.say_journey,
        say_minutes=filters.say_minutes,
        say_nhs_number=say_nhs_number,
        say_no_way_home=without_a_car.say_no_way_home,
        say_origin=filters.say_origin,
        say_phone=filters.say_phone,
        say_scan=filters.say_scan,
        say_snag=without_a_car.say_snag,
        say_time=say_time,
        say_until=filters.say_until,
        say_visit=filters.say_visit,
        say_visits=filters.say_visits,
        say_week=filters.say_week,
        told_to=told_to,
    )
    return env
