"""What the next page says about what was just asked for: done, refused and why, or overtaken.

A form's answer is a redirect; Django's messages carry the words to the page that follows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.contrib import messages
from django.http import HttpRequest

CHANGED = "Somebody changed this a moment ago"


@dataclass(frozen=True)
class Notices:
    """What is to be said. `errors` are by the id of the part of the page that each is about.

    `next_act` is the part of the patient's screen where what was done is gone on with, empty if
    it does not say.
    """

    done: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    overtaken: list[str] = field(default_factory=list)
    next_act: str = ""

    @property
    def problems(self) -> list[dict[str, str]]:
        """The errors as the error summary lists them."""
        return [{"text": words, "href": f"#{part}"} for part, words in self.errors.items()]


def say_done(request: HttpRequest, words: str, *, next_act: str = "") -> None:
    """Let the next page say that it is done; on the patient's screen, go on with `next_act`."""
    messages.success(request, words, extra_tags=next_act)


def say_refused(request: HttpRequest, errors: Mapping[str, str]) -> None:
    """Let the next page say what is wrong, and where on it to put that right."""
    for part, words in errors.items():
        messages.error(request, words, extra_tags=part)


def say_changed(request: HttpRequest) -> None:
    """Let the next page say that nothing was done, because somebody else was first."""
    messages.warning(request, CHANGED)


def take_notices(request: HttpRequest) -> Notices:
    """Return what this page is to say; the page after it says none of it again."""
    notices, next_act = Notices(), ""
    for message in messages.get_messages(request):
        if message.level == messages.ERROR:
            notices.errors[message.extra_tags or "main-content"] = str(message)
        elif message.level == messages.WARNING:
            notices.overtaken.append(str(message))
        else:
            notices.done.append(str(message))
            next_act = message.extra_tags or next_act
    return replace(notices, next_act=next_act)
