"""The send-fence, for network administrators: what waits after a restore, sent or dropped."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.clerk.forms.fence import (
    SEND,
    DecideForm,
    LiftForm,
    SeenForm,
    seen_token,
)
from booking.clerk.notices import say_done, say_refused
from booking.clerk.permissions import Action, staff_page
from booking.models import Staff
from booking.pages.forms import form_page
from booking.restoring import backup, deciding
from notifications import fence
from notifications.models import Fence, Kind

PAGE = "booking/clerk/fence.jinja"
CHANGED = "This changed a moment ago, so nothing was done. Read it again"
PUSHED = "Bookings that trusts’ systems are told of"


@dataclass(frozen=True)
class Waits:
    """What the page shows: the texts of each kind, and the bookings to push, if any are."""

    texts: list[fence.Waiting]
    pushes: int | None

    @property
    def counts(self) -> dict[str, int]:
        """How much of each waits."""
        found = {str(line.kind): line.count for line in self.texts}
        return found if self.pushes is None else {**found, fence.PUSHES: self.pushes}

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """What can be decided, with its words."""
        found = [(str(line.kind), f"{line.kind.label} ({line.count:,})") for line in self.texts]
        return found if self.pushes is None else [*found, (fence.PUSHES, PUSHED)]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.FENCE)
def waiting(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Show what waits behind the fence; do what the pressed button says of exactly that."""
    up = fence.standing()
    if up is None:
        if request.method == "POST":
            say_refused(request, {"main-content": CHANGED})
            return redirect("staff-fence")
        words = {"staff": staff, "fence": None, "last": backup.last_taken_at()}
        return render(request, PAGE, words)
    pushes = deciding.pushes_waiting() if deciding.has_pushes(up) else None
    waits = Waits(fence.waiting(up), pushes)
    form = _form(request, waits)
    if request.method == "POST" and form.is_valid():
        _decide(request, staff, up, waits, form)
        return redirect("staff-fence")
    token = seen_token(up.pk, up.restored_at.isoformat(), waits.counts)
    return form_page(
        request, PAGE, form, {"staff": staff, "fence": up, "waits": waits, "seen": token}
    )


def _form(request: HttpRequest, waits: Waits) -> SeenForm:
    sent = request.POST if request.method == "POST" else None
    return DecideForm(sent, kinds=waits.kinds) if waits.counts else LiftForm(sent)


def _decide(request: HttpRequest, staff: Staff, up: Fence, waits: Waits, form: SeenForm) -> None:
    """Do it, or say that what was shown is not what is there any more."""
    now, said = timezone.now(), form.cleaned_data
    try:
        if form.shown != (up.pk, up.restored_at.isoformat(), waits.counts):
            raise fence.FenceChanged
        if "kind" not in said:
            deciding.lift(up, said["reason"], now=now, actor=staff.actor)
            say_done(request, "The fence is down: everything goes as usual.")
            return
        kind, count = said["kind"], waits.counts[said["kind"]]
        act = deciding.send if said["do"] == SEND else deciding.drop
        done = act(up, kind, count, said["reason"], now=now, actor=staff.actor)
        words = PUSHED if kind == fence.PUSHES else Kind(kind).label
        what = "let go" if said["do"] == SEND else "dropped"
        say_done(request, f"{words}: {done:,} {what}.")
    except (fence.FenceChanged, fence.StillWaiting):
        say_refused(request, {"main-content": CHANGED})
