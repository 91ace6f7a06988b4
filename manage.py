#!/usr/bin/env python
"""Django's commands, with Ninefold's settings."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config.embedded import environment

    environment.adopt()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
