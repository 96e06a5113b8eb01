#!/usr/bin/env python
"""Django's command line for this service."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from config.library_commands import refusal_of

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if refusal := refusal_of(sys.argv):
        sys.exit(refusal)
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as fault:  # says what to set: where it was found helps nobody
        sys.exit(str(fault))
