"""
The table of routes.
"""

from typing import Any

from tornado.web import Application

from game_engine import fault_handlers, game_handlers
from game_engine.engine import SERVICE, Engine

# Pattern, name of the route in metrics and transactions, handler.
GAME_ROUTES = (
    ("/spin", "/spin", game_handlers.SpinHandler),
    ("/spins/([^/]+)", "/spins/{spin_id}", game_handlers.SpinStateHandler),
    ("/healthz/live", "/healthz/live", game_handlers.LiveHandler),
    ("/healthz/ready", "/healthz/ready", game_handlers.ReadyHandler),
    ("/metrics", "/metrics", game_handlers.MetricsHandler),
    ("/debug/faults", "/debug/faults", fault_handlers.FaultsHandler),
)
# Probes, scrapes and control calls: never sampled, never a fault.
CONTROL_PATHS = frozenset({"/healthz/live", "/healthz/ready", "/metrics", "/debug/faults"})


def make_app(engine: Engine) -> Application:
    """
    Make the application: the game's routes, and one route for each scenario of the catalogue.

    Args:
        engine: what the handlers share.
    """
    routes: list[tuple[str, Any, dict[str, Any]]] = [  # Any: as Tornado types a route
        (pattern, handler, {"engine": engine, "route": route}) for pattern, route, handler in GAME_ROUTES
    ]
    for name, scenario in engine.catalogue.scenarios[SERVICE].items():
        pattern = scenario.path.replace("{case}", "([^/]+)")
        arguments = {"engine": engine, "route": scenario.path, "scenario": name}
        routes.append((pattern, fault_handlers.FaultHandler, arguments))
    return Application(
        routes,
        default_handler_class=game_handlers.NotFoundHandler,
        default_handler_args={"engine": engine, "route": "unknown"},
        log_function=lambda _handler: None,
    )
