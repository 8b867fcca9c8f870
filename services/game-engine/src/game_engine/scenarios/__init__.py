"""
The faults of this service, one module a kind. The table below and ``catalog/game-engine.yaml`` name the same ones.
"""

from collections.abc import Awaitable, Callable, Mapping

from crashkit.run import Run

from game_engine.scenarios import asynchronous, cpu, crashes, errors, memory, threads

Report = dict[str, object]
Handler = Callable[[Run], Awaitable[Report]]

HANDLERS: Mapping[str, Handler] = {
    "crash": crashes.settle_table,
    "error": errors.raise_named,
    "memory-leak": memory.grow_history,
    "infinite-loop": cpu.turn_reel,
    "async-error": asynchronous.settle_lines,
    "threading-error": threads.audit,
}
