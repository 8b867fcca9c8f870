"""
The spool of a service, as its settings want it.
"""

from crashkit.settings import ServiceSettings
from crashkit.spool.counts import Counts
from crashkit.spool.store import MIB, Store

FOLDER = "spool"


def open_spool(settings: ServiceSettings) -> Store | None:
    """
    Open the spool in the folder that outlives the container.

    Args:
        settings: where that is, and how much may lie there.

    Returns:
        None where there is no such folder: an event that is not sent yet dies then with its process.
    """
    if settings.state_dir is None:
        return None
    return Store(settings.state_dir / FOLDER, settings.spool_max_mib * MIB, settings.spool_max_files, Counts())
