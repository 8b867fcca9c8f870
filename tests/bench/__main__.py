"""
Prints the ratios, each measured side by side in one run: ``make bench``.
"""

import subprocess
import sys

PARTS = (
    "tests.bench.gateway",
    "tests.bench.capture",
    "tests.bench.page",
    "tests.bench.scrubbing",
    "tests.bench.slow_sink",
    "tests.bench.memory_watch",
)

failed = [part for part in PARTS if subprocess.run([sys.executable, "-m", part], check=False).returncode]
if failed:
    sys.exit(f"bench: failed: {', '.join(failed)}")
