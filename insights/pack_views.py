"""The button of the board's quarterly pack."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.changes import audit
from booking.clerk.permissions import Action, staff_page
from booking.models import Staff
from booking.pages.forms import form_page
from insights.invented import banner
from insights.pack import file_name, pack_pdf
from insights.pack_form import PackForm
from insights.pdf import why_not


@require_safe
@staff_page(Action.COMPARE)
def pack(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Ask which quarter; return its pack as a file, or say what is missing to make one."""
    now = timezone.now()
    form = PackForm(request.GET, now=now)
    why = why_not()
    if "quarter" in request.GET and form.is_valid() and not why:
        made = pack_pdf(form.chosen, now=now)
        audit.write_export("quarterly pack", now=now, actor=staff.actor)
        return HttpResponse(
            made,
            content_type="application/pdf",
            headers={
                "Content-Disposition": f'attachment; filename="{file_name(form.chosen)}"',
                "Cache-Control": "no-store",
            },
        )
    words = {"staff": staff, "banner": banner(), "why_not": why}
    return form_page(request, "insights/pack/ask.jinja", form, words)
