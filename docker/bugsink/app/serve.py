"""
Bugsink as gunicorn's worker loads it: prepared first, in the same process, so that Django is imported once.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bugsink_conf")

# Importing the application sets Django up; models can be imported only after that.
from bugsink.wsgi import application

# isort: split
import bootstrap
import bugsink.urls

# The views are loaded here: a worker that cannot load them must not start.
__all__ = ["application", "bugsink"]

bootstrap.run()
