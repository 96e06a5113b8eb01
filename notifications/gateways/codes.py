"""Whose fault it is when a text does not go: the provider's error codes, by kind.

Source: Twilio's error and warning dictionary, https://www.twilio.com/docs/api/errors (read November
2026). The same code may come with the answer to the call, or later with a receipt. A code that is
not here is UNKNOWN: then the HTTP status says what it can.
"""

from enum import Enum


class Blame(Enum):
    """Whose fault a code is, and so what becomes of the text."""

    NUMBER_FOR_EVER = "number, for ever"
    """No text will ever get there: the text fails, and later ones are not tried."""
    NUMBER_FOR_NOW = "number, for now"
    """A later try may get there."""
    OPTED_OUT = "opted out"
    """The patient told the provider STOP."""
    SENDER = "sender"
    """Ours: no text goes until a setting or the account is put right, so none fails."""
    BUSY = "gateway busy"
    """The provider or the network has too much to do: every text waits."""
    CONTENT = "content"
    """What this one text says is not carried."""
    UNKNOWN = "unknown"


ACCOUNT = "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
SERVICE = "TWILIO_MESSAGING_SERVICE_SID"

LANDLINES = frozenset({21614, 21635, 30006})
"""Codes of NUMBER_FOR_EVER that say that it is no mobile; the others, that nobody has it."""
NUMBER_FOR_EVER = LANDLINES | {21211, 21214, 21217, 21263, 21266, 30005}
NUMBER_FOR_NOW = frozenset({30003, 30004, 30008, 30009, 30036, 30039})
OPTED_OUT = frozenset({21610})
BUSY = frozenset({14107, 20429, 21611, 21730, 30001, 30017, 30022, 30023, 30027, 63017, 63018})
CONTENT = frozenset({21602, 21605, 21617, 21619, 21654, 30007, 30019, 30038, 90007})
SENDER = {
    10001: "The Twilio account is not active",
    20003: f"{ACCOUNT}: Twilio does not accept them, or they are of another region",
    20005: "The Twilio account is not active",
    20006: f"{ACCOUNT}: they may not send texts",
    20008: f"{ACCOUNT}: they are test credentials",
    20403: f"{ACCOUNT}: they may not send texts",
    20404: f"{ACCOUNT}: Twilio has no such account, or not in this region",
    21212: f"{SERVICE}: a sender in it is not valid",
    21408: "Twilio's geographic permissions: texts to this country are switched off",
    21601: f"{SERVICE}: a sender in it cannot send texts",
    21603: f"{SERVICE}: it names no sender",
    21606: f"{SERVICE}: a sender in it cannot send texts",
    21608: "The Twilio account is a trial: it only texts numbers that were verified",
    21609: "PUBLIC_BASE_URL: Twilio does not accept it for receipts",
    21626: "PUBLIC_BASE_URL: Twilio does not accept it for receipts",
    21655: f"{SERVICE}: it is not a messaging service",
    21656: f"{SERVICE}: it is not valid",
    21659: f"{SERVICE}: a sender in it is not a number of Twilio's",
    21660: f"{SERVICE}: a sender in it is of another account",
    21661: f"{SERVICE}: a sender in it cannot send texts",
    21701: f"{SERVICE}: there is no such messaging service",
    21703: f"{SERVICE}: it has no sender in it",
    21704: f"{SERVICE}: no sender in it can send now",
    21705: f"{SERVICE}: it is not valid",
    30002: "The Twilio account is suspended",
    30010: "The Twilio account: a text costs more than its price limit",
    30018: f"{SERVICE}: its sender must be registered with the network first",
    30024: f"{SERVICE}: its sender is not registered with the network",
    30032: f"{SERVICE}: its toll-free number is not verified",
    30034: f"{SERVICE}: its number is not registered",
    30035: f"{SERVICE}: its number is not registered yet",
    30037: "The Twilio account: sending is switched off",
    30044: "The Twilio account is a trial: the text is too long for it",
    63038: "The Twilio account: its daily limit of texts is used up",
}
"""Each with the setting that is at fault, in words for whoever can put it right."""
SENDER_STATUS = {
    401: SENDER[20003],
    402: "The Twilio account: there is no credit left",
    403: SENDER[20403],
    404: SENDER[20404],
}
"""What an HTTP status says by itself, when the code says nothing."""


def blame(code: int | None, status: int = 0) -> Blame:
    """Return whose fault an error code is; without one that we know, what the HTTP status says."""
    for kind, known in (
        (Blame.SENDER, SENDER),
        (Blame.NUMBER_FOR_EVER, NUMBER_FOR_EVER),
        (Blame.NUMBER_FOR_NOW, NUMBER_FOR_NOW),
        (Blame.OPTED_OUT, OPTED_OUT),
        (Blame.BUSY, BUSY),
        (Blame.CONTENT, CONTENT),
    ):
        if code in known:
            return kind
    if status in SENDER_STATUS:
        return Blame.SENDER
    return Blame.BUSY if status == 429 else Blame.UNKNOWN


def setting(code: int | None, status: int = 0) -> str:
    """Return which setting is at fault, of a code or status that is the sender's."""
    words = SENDER.get(code or 0) or SENDER_STATUS.get(status, "The texting service refuses us")
    return f"{words} ({f'code {code}' if code else f'HTTP {status}'})"
