"""
The spool of a service, as its settings want it.
"""

import logging

from crashkit.settings import ServiceSettings
from crashkit.spool.counts import Counts
from crashkit.spool.store import MIB, Store

LOG = logging.getLogger(__name__)
FOLDER = "spool"


def open_spool(settings: ServiceSettings) -> Store | None:
    """
    Open the spool in the folder that outlives the container.

    Args:
        settings: where that is, and how much may lie there.

    Returns:
        None where there is no such folder, which is said once: an event dies then with its process.
    """
    if settings.state_dir is None:
        LOG.warning("no spool: STATE_DIR names no folder; an event that is not sent yet is lost with the process")
        return None
    return Store(settings.state_dir / FOLDER, settings.spool_max_mib * MIB, settings.spool_max_files, Counts())
