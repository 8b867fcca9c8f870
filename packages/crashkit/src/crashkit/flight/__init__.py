"""
The flight record: what a process is doing, kept current in its container's termination-message file.

The kubelet copies that file into the pod's status when the container dies, by SIGKILL too, so that whoever explains
the death knows which requests were open and on which traces. docs/flight-record.md has the format.

Here belong writing it (:class:`FlightRecord`), reading it (:mod:`crashkit.flight.reading`), and nothing that decides
why a container died: that is the coroner's.
"""

from crashkit.flight.record import FlightRecord, start_flight
from crashkit.flight.requests import Opened, note_breadcrumb, note_fault

__all__ = ["FlightRecord", "Opened", "note_breadcrumb", "note_fault", "start_flight"]
