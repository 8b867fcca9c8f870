"""
``GET /``: where things are, and the first thing to try.
"""

from gateway.call import Call


def index(call: Call, *, faults: bool, by_get: bool) -> dict[str, object]:
    """
    Describe the gateway to somebody who has only its address.

    Args:
        call: the request.
        faults: whether faults can be fired.
        by_get: whether a plain GET fires them.
    """
    host = (call.header(b"x-forwarded-host") or call.header(b"host") or b"localhost:8080").decode("latin-1")
    scheme = (call.header(b"x-forwarded-proto") or call.scheme.encode()).decode("latin-1")
    crash = f"{scheme}://{host}/api/v1/game-engine/debug/crash"
    if not faults:
        first = "Faults are switched off here; set global.faults.enabled=true in the chart's values"
    elif by_get:
        first = f"curl -i {crash}"
    else:
        first = f"curl -i -X POST -H 'Authorization: Bearer <fault token>' {crash}"
    return {
        "name": "crash-demo",
        "try_first": first,
        "links": {
            "catalog": "/api/v1/catalog",
            "faults": "/api/v1/faults",
            "live": "/healthz/live",
            "ready": "/healthz/ready",
            "metrics": "/metrics",
        },
    }
