"""What is looked at before the service starts: that the file of questions can be used."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from booking.exams.questions import file


@register()
def questions_can_be_asked(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Say what is wrong with the file of questions: without it nobody could book."""
    try:
        file.packaged()
    except OSError as error:
        return [Error(f"{file.FILE.name} cannot be read: {error.strerror}.", id="booking.E002")]
    except file.QuestionFileInvalid as invalid:
        return [
            Error(f"{file.FILE.name}, {problem}.", hint="See docs/fit.md.", id="booking.E003")
            for problem in invalid.errors
        ]
    return []
