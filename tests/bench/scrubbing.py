"""
Processor time to scrub one item, beside the time to write it as JSON, which the SDK must spend on it as well.

Takes the events and transactions that the release really sent (``packages/crashctl/tests/captured``), one after the
other, in Python and in Node; no cluster is needed.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crashctl.proof.release import node
from crashkit.scrubbing import scrub_or_reduce

ROOT = Path(__file__).parents[2]
CAPTURED = ROOT / "packages" / "crashctl" / "tests" / "captured"
PROGRAM = ROOT / "services" / "payment" / "bench" / "scrubbing.js"
ROUNDS = 200
KINDS = ("event", "transaction")


def payloads(kind: str) -> list[dict[str, Any]]:
    """Give what was captured, of one kind."""
    items = [item for file in sorted(CAPTURED.glob("*.json")) for item in json.loads(file.read_text())["items"]]
    return [item["payload"] for item in items if item["type"] == kind]


def cpu_us(work: Callable[[dict[str, Any]], object], given: list[dict[str, Any]], rounds: int) -> float:
    """Give the processor time of one call (microseconds), the median over the rounds."""
    found = []
    for _ in range(rounds):
        began = time.process_time()
        for payload in given:
            work(payload)
        found.append((time.process_time() - began) / len(given) * 1e6)
    return statistics.median(found)


def in_node(given: list[dict[str, Any]], rounds: int) -> dict[str, float]:
    """Have payment's twin measured by a Node of its own."""
    ended = subprocess.run(
        [node(), PROGRAM, str(rounds)], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    figures: dict[str, float] = json.loads(ended.stdout)
    return figures


def main() -> None:
    """Measure and print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scrubbing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    rows = {}
    for kind in KINDS:
        given = payloads(kind)
        works = {"scrub_us": scrub_or_reduce, "json_us": json.dumps}
        rows[f"Python, {kind}"] = {name: cpu_us(work, given, options.rounds) for name, work in works.items()}
        rows[f"Node, {kind}"] = in_node(given, options.rounds)
    if options.json:
        json.dump(rows, sys.stdout, indent=2)
        return
    print(f"\nTo scrub one item, processor time, median of {options.rounds} rounds (microseconds)")
    for name, row in rows.items():
        print(f"  {name:<20} scrub {row['scrub_us']:7.0f}   write as JSON {row['json_us']:7.0f}")


if __name__ == "__main__":
    main()
