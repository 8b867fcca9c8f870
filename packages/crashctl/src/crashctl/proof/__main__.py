"""
``python -m crashctl.proof``: a JSON list of payloads on standard input, the list of all their marks on standard output.

For the tests of services that are not written in Python.
"""

import json
import sys

from crashctl.proof.normaliser import marks

json.dump([mark for payload in json.load(sys.stdin) for mark in marks(payload)], sys.stdout)
