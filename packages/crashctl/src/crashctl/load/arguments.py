"""
Reading what somebody typed: a number in its range, or one line that says what is taken.
"""

import re
from urllib.parse import urlsplit

from crashctl.load.plan import Order

MOST_RATE = 2_000
MOST_PLAYERS = 10_000
MOST_STAKE = 100_000
MOST_OPENING = 1_000_000_000
MOST_CONNECTIONS = 512
LONGEST_S = 7 * 24 * 3600


class ArgumentError(Exception):
    """Something that was typed does not fit; the message names it."""


def read_order(
    url: str, *, rate: str, players: str, first_player: str, seed: str, for_s: str | None, stake: str, opening: str,
    connections: str, settle: str,
) -> Order:  # fmt: skip
    """
    Read an order.

    Raises:
        ArgumentError: naming the option, what was found, and what is taken.
    """
    stake_min, stake_max = _stakes(stake)
    return Order(
        url=_url(url),
        rate=_number("--rate", rate, 0.01, MOST_RATE, "spins a second"),
        players=_whole("--players", players, 1, MOST_PLAYERS, "players"),
        first_player=_whole("--first-player", first_player, 0, 10**8, "number of the first player"),
        seed=_whole("--seed", seed, 0, 2**63, "a whole number"),
        for_s=None if for_s is None else _number("--for", for_s, 0.1, LONGEST_S, "seconds"),
        stake_min=stake_min,
        stake_max=stake_max,
        opening=_whole("--opening", opening, 0, MOST_OPENING, "minor units"),
        connections=_whole("--connections", connections, 1, MOST_CONNECTIONS, "spins open at once"),
        settle_s=_number("--settle", settle, 0, 3600, "seconds"),
    )


def _url(given: str) -> str:
    try:
        parts = urlsplit(given)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits:
        raise ArgumentError(f"--url: found {given!r}; the gateway's, such as http://127.0.0.1:8080")
    return given


def _stakes(given: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", given)
    least, most = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= least <= most <= MOST_STAKE:
        raise ArgumentError(f"--stake: found {given!r}; minor units such as 100, or 10-500, from 1 to {MOST_STAKE}")
    return least, most


def _whole(name: str, given: str, least: int, most: int, what: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", given) or not least <= int(given) <= most:
        raise ArgumentError(f"{name}: found {given!r}; {what}, {least} to {most}")
    return int(given)


def _number(name: str, given: str, least: float, most: float, what: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", given) or not least <= float(given) <= most:
        raise ArgumentError(f"{name}: found {given!r}; {what}, {least:g} to {most}")
    return float(given)
