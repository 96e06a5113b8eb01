"""How a text moves from state to state: always a compare-and-set, always with its event."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from notifications.models import Event, Message, State


def move(
    message_id: UUID,
    old: State,
    new: State,
    *,
    at: datetime,
    source: str,
    detail: str = "",
    where: Q | None = None,
    **changes: Any,
) -> bool:
    """Move a text from `old` to `new` and write the event, or return False and do neither.

    False means that it is not in state `old` any more, or no longer fits `where`: somebody
    else was faster. `changes` are further fields to set.
    """
    with transaction.atomic():
        fits = Message.objects.filter(where or Q(), pk=message_id, state=old)
        moved = fits.update(state=new, updated_at=at, **changes)
        if moved:
            Event.objects.create(
                message_id=message_id,
                at=at,
                from_state=old,
                to_state=new,
                source=source,
                detail=detail,
            )
    return bool(moved)


def superseded() -> Exists:
    """Return the condition "a newer version of the same subject has a text of its own"."""
    return Exists(
        Message.objects.filter(
            subject=OuterRef("subject"), subject_version__gt=OuterRef("subject_version")
        )
    )
