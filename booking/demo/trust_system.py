"""An invented trust's own system: its slots, how they change, and how it goes wrong.

It plays what we do not own, so that a service can be watched for minutes or hours.
"""

import json
import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from booking.demo import capacity, sender
from booking.demo.publisher import Page, Publisher

FAULTS = ["truncated", "broken line", "no offset", "old stamps", "clock a day ahead", "doubled",
          "another trust's schedule"]  # fmt: skip
"""What a sender gets wrong."""
PULL_FAULTS = ["error", "break_off", "drip", "missing", "half a manifest"]
"""What a publisher gets wrong."""


class TrustSystem:
    """The slots of one trust, as its own system has them."""

    def __init__(
        self, trust: str, today: date, chance: random.Random, days: int = capacity.DAYS
    ) -> None:
        """Start with the demo's capacity of the next `days`."""
        self.trust, self.chance = trust, chance
        resources = [json.loads(line) for line in capacity.lines(trust, today, days)]
        self.places = [one for one in resources if one["resourceType"] != "Slot"]
        self.slots: dict[str, dict[str, Any]] = {
            one["id"]: one for one in resources if one["resourceType"] == "Slot"
        }

    def churn(self, share: float, now: datetime) -> list[dict[str, Any]]:
        """Change a share of the slots; return those that changed, withdrawn ones too."""
        names = self.chance.sample(sorted(self.slots), max(1, int(len(self.slots) * share)))
        return [self._change(self.slots[name], now) for name in names]

    def _change(self, slot: dict[str, Any], now: datetime) -> dict[str, Any]:
        slot["meta"] = {"lastUpdated": now.isoformat()}
        luck = self.chance.random()
        if luck < 0.05:
            del self.slots[slot["id"]]
            return {**slot, "status": "entered-in-error"}
        if luck < 0.1:
            for end in ("start", "end"):
                moved = datetime.fromisoformat(slot[end]) + timedelta(minutes=5)
                slot[end] = moved.isoformat()
        else:
            slot["status"] = "busy" if slot["status"] == "free" else "free"
        return slot

    def lines(self, slots: Iterable[dict[str, Any]] | None = None) -> list[bytes]:
        """Return these slots (all of them if none are given) as a body's lines."""
        chosen = [*self.places, *self.slots.values()] if slots is None else slots
        return [encode(one) for one in chosen]

    def spoil(self, lines: list[bytes], fault: str, now: datetime) -> bytes:
        """Return lines as a body with this fault."""
        packed = sender.pack(lines)
        if fault == "truncated":
            return packed[: len(packed) // 2]
        slot = json.loads(lines[-1])
        if fault == "broken line":
            return sender.pack([lines[-1][:40], *lines])
        if fault == "no offset":
            wrong = {**slot, "start": "2030-01-01T09:00:00"}
        elif fault == "old stamps":
            wrong = {**slot, "status": "busy", "meta": {"lastUpdated": "2020-01-01T00:00:00Z"}}
        elif fault == "clock a day ahead":
            ahead = (now + timedelta(days=1)).isoformat()
            wrong = {**slot, "meta": {"lastUpdated": ahead}}
        elif fault == "another trust's schedule":
            wrong = {**slot, "schedule": {"reference": "Schedule/of-somebody-else"}}
        else:
            wrong = slot
        return sender.pack([*lines, encode(wrong)])

    def publish(self, server: Publisher, fault: str = "") -> None:
        """Put everything on a publisher, with this fault if one is named."""
        files: dict[str, list[bytes]] = {"Location": [], "Schedule": [], "Slot": []}
        for one in [*self.places, *self.slots.values()]:
            files[one["resourceType"]].append(encode(one))
        now = datetime.now(UTC)
        server.publish(files, packed=True, at=now, **{"Cache-Control": "max-age=60"})
        if fault == "missing":
            del server.pages["/Slot.ndjson"]
        elif fault == "half a manifest":
            manifest = server.pages["/$bulk-publish"].body
            server.pages["/$bulk-publish"] = Page(manifest[: len(manifest) // 2])
        elif fault:
            server.pages["/Slot.ndjson"].fault = fault


def encode(resource: dict[str, Any]) -> bytes:
    """Return a resource as one line, without its end."""
    return json.dumps(resource, separators=(",", ":")).encode()


def utc_now() -> datetime:
    """Return the trust's own clock."""
    return datetime.now(UTC)
