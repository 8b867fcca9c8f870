"""
What must not leave the process is taken out of what leaves it: card numbers, codes, tokens, cookies, addresses. In its
place stands ``[Filtered]``, and the shape of the rest stays.

Pure rules for text (:mod:`.text`), names (:mod:`.names`), digits (:mod:`.cards`) and whole events (:mod:`.event`), with
nothing of the SDK's. The twin for Node has the same ones; both are held to ``tests/contract/scrubbing.json``.
"""

from crashkit.scrubbing.event import scrub_sampling
from crashkit.scrubbing.reduced import scrub_or_hide, scrub_or_reduce
from crashkit.scrubbing.text import keep_secret, scrub

__all__ = ["keep_secret", "scrub", "scrub_or_hide", "scrub_or_reduce", "scrub_sampling"]
