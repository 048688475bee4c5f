"""Ports of loopback for servers that the checks start. The scripts that `.ci/gateway` calls use them too."""

import signal
import socket

_RESERVED = []


def free_port():
    """A port that nobody else is given: a socket that is bound to it and does not listen keeps it."""
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    _RESERVED.append(keeper)
    return keeper.getsockname()[1]


if __name__ == "__main__":
    # For scripts of the shell: it is kept until this ends.
    print(free_port(), flush=True)
    signal.pause()
