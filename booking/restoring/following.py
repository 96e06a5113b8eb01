"""What follows when the send-fence goes up: a row for the team, mails to administrators, and how
far each trust's changes had come, by which cursors of before are told to read again.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.dispatch import receiver

from booking.changes import audit, commit_numbers
from booking.changes.change_log import trust_counter
from booking.identifiers.actors import Actor, ActorKind
from booking.models import AuditAction, Restore, Staff
from booking.worklists import rows, subjects
from notifications import emails, fence
from notifications.models import Fence
from sites.models import Trust

ACTOR = Actor(ActorKind.RESTORE)
REASON = (
    "A backup was put back. Texts of before wait until a network administrator looks at them."
    " Tell patients who ring what you see here, and ask what they know."
)
HEADING = "A backup was put back: texts wait for you"
BODY = """The service runs on a backup that was put back. Nobody is texted again what went already:
it waits until a network administrator decides, at {page}

{why}
"""
MAILED_FOR = timedelta(days=2)


@receiver(fence.raised, dispatch_uid="booking.restoring.following.follow")
def follow(*, fence: Fence, now: datetime, **_signal: Any) -> None:
    """Write down how far trusts' changes had come; tell the team and the administrators."""
    Restore.objects.create(
        restored_at=fence.restored_at, as_of=fence.as_of, numbers=_numbers(fence.as_of)
    )
    audit.write(AuditAction.FENCE_RAISED, now=now, actor=ACTOR, reason=fence.why)
    rows.open_row(rows.Kind.NEEDS_PERSON, subjects.of_fence(fence.pk), REASON, now=now, actor=ACTOR)
    _mail(fence, now)


def _numbers(as_of: datetime) -> dict[str, int]:
    """Return the number of each trust's last change that the backup surely has."""
    names = {code: trust_counter(code) for code in Trust.objects.values_list("code", flat=True)}
    raised = commit_numbers.read(names.values())
    latest = commit_numbers.number_of(as_of)
    return {code: min(raised.get(name, 0), latest) for code, name in names.items()}


def _mail(fence: Fence, now: datetime) -> None:
    page = f"{settings.PUBLIC_BASE_URL}/staff/fence/"
    admins = Staff.objects.filter(role=Staff.Role.NETWORK_ADMIN, user__is_active=True)
    for staff in admins.exclude(user__email="").select_related("user"):
        emails.enqueue(
            key=f"fence:{fence.pk}:{fence.restored_at.isoformat()}:{staff.pk}",
            to=staff.user.email,
            heading=HEADING,
            body=BODY.format(page=page, why=fence.why),
            not_after=now + MAILED_FOR,
            now=now,
        )
