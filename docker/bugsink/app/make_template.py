"""
Run at image build: an empty database with all tables, so that the first start need not migrate.
"""

import os
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bugsink_conf")
import django

django.setup()

from bootstrap import make_template  # noqa: E402

make_template(Path(os.environ["DATABASE_PATH"]))
