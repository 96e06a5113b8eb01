"""What is typed after a command."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError

from received.text import is_fit


def check_arguments(options: Mapping[str, Any]) -> None:
    """Raise CommandError if an argument cannot be kept: bytes that are no UTF-8, or U+0000."""
    for name, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and not is_fit(one):
                raise CommandError(f"{name} holds characters that cannot be kept. Type it again.")
