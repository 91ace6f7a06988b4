"""The WSGI application that gunicorn serves."""

import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
call_command("check", "--tag", "ninefold")  # the web server does not start where it could read the minter's key
