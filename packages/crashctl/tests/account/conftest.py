"""
What the sink would answer.
"""

import pytest
from crashctl.account.sheet import read_sheet

NOW = 1000.0
COUNTED = ("received", "duplicates", "fault_events")


@pytest.fixture
def book():
    """Make one book of the sink's answer."""

    def make(counts=None, *, service="payment", on_disk=0, at=NOW, name="ab" * 16, **came):
        figures = None
        if counts is not None:
            running = {"running": 1, **counts}
            figures = {"instance": "payment-1", "on_disk": on_disk, "every_s": 20, "counts": running}
        return {
            "book": name, "service": service, "told_at": at if figures else None, "figures": figures,
            **{kind: came.get(kind, {}) for kind in COUNTED},
        }  # fmt: skip

    return make


@pytest.fixture
def sheet():
    """Make a look of books."""

    def make(*books, without_book=None, targets=None):
        return read_sheet(
            {"now": NOW, "books": list(books), "without_book": without_book or {}, "targets": targets or {}}
        )

    return make
