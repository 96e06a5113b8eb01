"""Stops a worker at a named step, from outside: the product's code has no hook for tests."""

import signal
from collections.abc import Callable
from typing import Any

from notifications import dispatch, gateways, receipts, reconcile
from notifications.models import Event

AFTER: dict[str, tuple[Any, str]] = {
    "claimed": (dispatch, "claim"),
    "wire marked": (dispatch, "_begin_send"),
    "answered": (gateways, "send"),
    "accepted": (receipts, "take"),
    "put back": (dispatch, "_requeue"),
    "look done": (gateways, "find"),
    "settled": (reconcile, "_settle"),
}
"""Steps that are over when a function returns, each in its own transaction or in none."""

BEFORE: dict[str, tuple[Any, str]] = {
    "look begun": (gateways, "find"),
    "about to record": (receipts, "take"),
}


def stop_at(step: str, reached: Callable[[], None]) -> None:
    """Make this process call `reached` at `step` and wait there to be killed.

    Besides those above, a step is "writing A to B": the move of a text from state A to state B
    is written, and its transaction not yet committed.
    """
    if step in AFTER:
        _wrap(*AFTER[step], reached, first=False)
    elif step in BEFORE:
        _wrap(*BEFORE[step], reached, first=True)
    else:
        assert step.startswith("writing "), step
        old, new = step.removeprefix("writing ").split(" to ")
        _wrap_events(old, new, reached)


def _wait_for_the_end(reached: Callable[[], None]) -> None:
    reached()
    while True:
        signal.pause()


def _wrap(module: Any, name: str, reached: Callable[[], None], *, first: bool) -> None:
    real = getattr(module, name)

    def stopping(*args: Any, **kwargs: Any) -> Any:
        if first:
            _wait_for_the_end(reached)
        result = real(*args, **kwargs)
        _wait_for_the_end(reached)
        return result

    setattr(module, name, stopping)


def _wrap_events(old: str, new: str, reached: Callable[[], None]) -> None:
    create, bulk_create = Event.objects.create, Event.objects.bulk_create

    def stop_if_it_is_that(event: Event) -> None:
        if (event.from_state, event.to_state) == (old, new):
            _wait_for_the_end(reached)

    def creating(**fields: Any) -> Event:
        event = create(**fields)
        stop_if_it_is_that(event)
        return event

    def creating_many(events: Any, **options: Any) -> list[Event]:
        written = bulk_create(events, **options)
        for event in written:
            stop_if_it_is_that(event)
        return written

    Event.objects.create = creating  # type: ignore[method-assign]
    Event.objects.bulk_create = creating_many  # type: ignore[method-assign,assignment]
