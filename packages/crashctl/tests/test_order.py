import pytest
from crashctl.drill.cases import DrillCase
from crashctl.drill.order import next_case
from crashkit.catalogue import Expect

# What one case takes, what a container takes to start, and what a kubelet adds (seconds), all above what was measured.
PLAY_S, START_S, LATE_S = 1.5, 8.0, 10.0
WITHIN_S = 300
# How many cases a service has, and how many of them end its container.
RELEASE = {"gateway": (1, 0), "game-engine": (18, 1), "payment": (18, 3), "analytics": (10, 1)}


def case(service, name, *, ends=False):
    pod = {"ends": "exit", "recovers_within_s": 60} if ends else {}
    return DrillCase(f"{service}/{name}", service, name, None, "/", Expect(status=200, pod=pod))


def catalogue(release):
    """Cases as a catalogue has them: those that end a container are the last of their service."""
    return [
        case(service, f"case-{number}", ends=number >= plain)
        for service, (plain, ending) in release.items()
        for number in range(plain + ending)
    ]


class Kubelet:
    """Starts containers again as a kubelet does: at once, then 10 s, 20 s, 40 s after their end."""

    def __init__(self, before=0):
        self.ends = {}
        self.before = before

    def takes_s(self, service):
        ends = self.ends[service] = self.ends.get(service, self.before) + 1
        back_off_s = min(10 * 2 ** (ends - 2), 300) + LATE_S if ends > 1 else 0
        return back_off_s + START_S


def simulate(cases, kubelet):
    """Play by the clock; give when each case was fired, and when all was over."""
    now, back_at, pending, fired = 0.0, {}, list(cases), []
    while pending or back_at:
        back_at = {service: at for service, at in back_at.items() if at > now}
        chosen = next_case(pending, back_at)
        if chosen is None:
            now = min(back_at.values(), default=now)
            continue
        assert chosen.service not in back_at
        pending.remove(chosen)
        fired.append((now, chosen))
        now += PLAY_S
        if chosen.ends_pod:
            back_at[chosen.service] = now + kubelet.takes_s(chosen.service)
    return fired, now


def test_a_whole_drill_ends_in_time():
    """
    With three ends of payment and one each of two others, the drill ends well within five minutes.
    """
    fired, took_s = simulate(catalogue(RELEASE), Kubelet())

    assert sorted(catalogue(RELEASE), key=lambda one: one.id) == sorted(
        (one for _, one in fired), key=lambda one: one.id
    )
    assert took_s < WITHIN_S / 2


def test_a_second_drill_soon_after_ends_in_time_too():
    """
    Where one end of each service is still remembered by the kubelet, the drill ends within five minutes all the same.
    """
    _, took_s = simulate(catalogue(RELEASE), Kubelet(before=1))

    assert took_s < WITHIN_S


def test_others_are_fired_while_one_is_away():
    """
    Between two ends of one service, other services are fired at; nothing waits for it that does not need it.
    """
    fired, _ = simulate(catalogue(RELEASE), Kubelet())

    services = [one.service for _, one in fired]
    ends = [number for number, (_, one) in enumerate(fired) if one.ends_pod and one.service == "payment"]
    assert 0 == ends[0]
    assert {"gateway", "game-engine", "analytics"} >= set(services[ends[0] + 1 : ends[1]]) != set()
    assert 3 == len(ends)


def test_without_ends_the_order_is_the_catalogues():
    """
    Where nothing ends a container, cases are fired as the catalogue has them.
    """
    cases = catalogue({"gateway": (1, 0), "game-engine": (4, 0)})

    fired, _ = simulate(cases, Kubelet())

    assert cases == [one for _, one in fired]


@pytest.mark.parametrize("away", [{"payment"}, {"payment", "gateway"}])
def test_nothing_is_fired_at_a_service_that_is_away(away):
    """
    When all that is left needs a service that is away, there is nothing to fire.
    """
    cases = [case("payment", "crash"), case("payment", "leak", ends=True)]

    assert next_case(cases, away) is None


def test_of_two_services_the_one_with_more_ends_is_first():
    """
    Who has to end most often begins, because its returns take the longest.
    """
    cases = [case("analytics", "kill", ends=True), *(case("payment", f"kill-{n}", ends=True) for n in range(2))]

    assert "payment/kill-0" == next_case(cases, set()).id
    assert "analytics/kill" == next_case(cases, {"payment"}).id
