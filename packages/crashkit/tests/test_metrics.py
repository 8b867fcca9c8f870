from crashkit.metrics import Metrics


def test_what_is_counted_can_be_scraped():
    """
    Requests, faults, active faults, resident memory and restarts are lines of Prometheus' text.
    """
    metrics = Metrics("casino", lambda: 2, restarts=3)
    metrics.request("/spin", 200, 0.01)
    metrics.fault("error", "key-error")
    metrics.fault("crash", None)

    lines = metrics.text().decode().splitlines()

    assert 'crash_demo_request_seconds_count{route="/spin",service="casino",status="200"} 1.0' in lines
    assert 'crash_demo_faults_fired_total{case="key-error",scenario="error",service="casino"} 1.0' in lines
    assert 'crash_demo_faults_fired_total{case="",scenario="crash",service="casino"} 1.0' in lines
    assert 'crash_demo_faults_active{service="casino"} 2.0' in lines
    assert 'crash_demo_restarts{service="casino"} 3.0' in lines
    assert any(line.startswith("process_resident_memory_bytes ") for line in lines)
