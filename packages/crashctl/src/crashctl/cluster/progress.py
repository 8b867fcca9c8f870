"""
Numbered steps on the terminal: which one, what it is doing, how long it took, built or cached.
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

HEARTBEAT_S = 30.0


class Step:
    """
    One running step.

    Args:
        began_s: Monotonic time.
    """

    def __init__(self, began_s: float) -> None:
        self.began_s = began_s
        self.note = ""
        self.outcome = "done"

    def doing(self, note: str) -> None:
        """Say what takes time now."""
        self.note = note

    def cached(self, what: str = "") -> None:
        """Say that nothing had to be made."""
        self.outcome = f"cached{': ' + what if what else ''}"

    def built(self, what: str = "") -> None:
        """Say that something was made."""
        self.outcome = f"built{': ' + what if what else ''}"


class Progress:
    """
    The steps of one command.

    Args:
        total: How many steps there will be.
        out: Where the lines go.
    """

    def __init__(self, total: int, out: TextIO = sys.stdout) -> None:
        self._total = total
        self._out = out
        self._number = 0
        self.seconds: dict[str, float] = {}
        self.outcomes: dict[str, str] = {}

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """
        Show a step from its begin to its end; a long one shows a sign of life.

        Args:
            title: What is made.
        """
        self._number += 1
        label = f"[{self._number:>2}/{self._total}] {title}"
        step = Step(time.monotonic())
        ended = threading.Event()
        beat = threading.Thread(target=self._beat, args=(label, step, ended), daemon=True)
        beat.start()
        try:
            yield step
        except BaseException:
            self._close(ended, beat)
            self._line(f"{label} … failed after {_elapsed(step)}")
            raise
        self._close(ended, beat)
        self.seconds[title] = round(time.monotonic() - step.began_s, 1)
        self.outcomes[title] = step.outcome
        self._line(f"{label} … {step.outcome} ({_elapsed(step)})")

    def say(self, text: str) -> None:
        """Print a line between steps."""
        self._line(text)

    def _close(self, ended: threading.Event, beat: threading.Thread) -> None:
        ended.set()
        beat.join()
        if self._out.isatty():
            self._out.write("\r\x1b[K")

    def _beat(self, label: str, step: Step, ended: threading.Event) -> None:
        live = self._out.isatty()
        while not ended.wait(1.0 if live else HEARTBEAT_S):
            note = f" {step.note}" if step.note else ""
            text = f"{label} …{note} ({_elapsed(step)})"
            self._out.write(f"\r\x1b[K{text[:118]}" if live else f"{text}\n")
            self._out.flush()

    def _line(self, text: str) -> None:
        self._out.write(f"{text}\n")
        self._out.flush()


def _elapsed(step: Step) -> str:
    seconds = time.monotonic() - step.began_s
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"  # noqa: PLR2004 - a minute
