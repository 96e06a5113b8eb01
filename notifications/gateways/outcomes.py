"""What can come of handing a text to a provider. No message here may hold personal data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sent:
    """The provider took the text and will report on it under `sid`."""

    sid: str


class NotSent(Exception):
    """The provider surely did not take the text; trying again later is safe.

    `retry_after`: the seconds that the provider asked us to wait, 0 if it did not say.
    """

    def __init__(self, why: str, retry_after: float = 0) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class Refused(Exception):
    """The provider will never take this text; `code` is its reason."""

    def __init__(self, code: int) -> None:
        super().__init__(f"refused {code}")
        self.code = code


class Misconfigured(Exception):
    """The provider takes nothing from us until somebody puts our settings right."""


class Doubtful(Exception):
    """The provider may or may not have taken the text: it must not be sent again blind."""
