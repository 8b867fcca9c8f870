"""
The faults of this service, one module a kind. The table below and ``catalog/analytics.yaml`` name the same ones.
"""

from collections.abc import Mapping

from analytics.firing import Handler
from analytics.scenarios import crashes, deadlines, memory, queries, statements, validation

HANDLERS: Mapping[str, Handler] = {
    "crash": crashes.read_summary,
    "validation-error": validation.check,
    "database-error": statements.sum_up,
    "timeout": deadlines.forecast,
    "memory-spike": memory.export,
    "slow-query": queries.rank_players,
}
