"""
How gunicorn serves Bugsink: one small process.
"""

import os

wsgi_app = "serve:application"
bind = f"0.0.0.0:{os.environ.get('PORT', '8091')}"
chdir = os.path.dirname(__file__)  # noqa: PTH120 gunicorn wants a text
workers = 1
threads = 4
# The root is read-only; heartbeats go to memory.
worker_tmp_dir = "/dev/shm"  # noqa: S108
control_socket_disable = True
timeout = 60
graceful_timeout = 10
