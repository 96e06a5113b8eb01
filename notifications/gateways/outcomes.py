"""What can come of handing a text to a provider. No message here may hold personal data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sent:
    """The provider took the text and will report on it under `sid`."""

    sid: str


@dataclass(frozen=True)
class Found:
    """A text that the provider has: its sid, its status in Twilio's words, its error code."""

    sid: str
    status: str
    error_code: int | None = None


class NotSent(Exception):
    """The provider surely did not take the text; trying again later is safe.

    `retry_after`: the seconds that the provider asked us to wait, 0 if it did not say.
    `providers_own`: it would have been so with any text (too many requests, no connection).
    """

    def __init__(self, why: str, retry_after: float = 0, *, providers_own: bool = False) -> None:
        super().__init__(why)
        self.retry_after = retry_after
        self.providers_own = providers_own


class ProviderRefused(Exception):
    """The provider will never take this text; `code` is its reason."""

    def __init__(self, code: int) -> None:
        super().__init__(f"refused {code}")
        self.code = code


class Misconfigured(Exception):
    """The provider takes nothing from us until somebody puts our settings right."""


class Doubtful(Exception):
    """The provider may or may not have taken the text: it must not be sent again blind.

    `providers_own`: the provider said that it is in trouble (5xx).
    """

    def __init__(self, why: str, *, providers_own: bool = False) -> None:
        super().__init__(why)
        self.providers_own = providers_own


class NoAnswer(Exception):
    """A question about a text was not answered: ask again later."""
