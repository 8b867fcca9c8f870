"""
The listening socket of a service: opened before anything else starts, so that a taken port is said in one line.
"""

import socket

BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """
    Open the listening socket.

    Args:
        host: an address of this machine.
        port: of that address.

    Raises:
        OSError: the address is taken or is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener
