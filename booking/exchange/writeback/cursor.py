"""A trust's own appointments in the order in which they changed, with nothing skipped."""

from booking.models import AppointmentChange


def changes_after(trust: str, number: int, count: int) -> tuple[list[AppointmentChange], bool]:
    """Return up to `count` changes with a number above `number`, and whether there are more.

    Each appointment comes once, at its latest change. Numbers are in commit order: whoever goes on
    from the last number of a page misses nothing (booking/changes/commit_numbers.py).
    """
    changes = list(
        AppointmentChange.objects.of_trust(trust)
        .filter(number__gt=number)
        .select_related(
            "slot",
            "appointment__slot",
            "appointment__referral__patient",
            "appointment__referral__exam",
        )
        .prefetch_related("appointment__parts__slot")
        .order_by("number")[: count + 1]
    )
    return changes[:count], len(changes) > count


def count_after(trust: str, number: int) -> int:
    """Return how many changes there are with a number above `number`."""
    return AppointmentChange.objects.filter(trust_id=trust, number__gt=number).count()
