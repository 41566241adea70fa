"""An HTTP server that limits what clients can take of it, whatever they send and however slowly.

Threads, the time of a request and bytes in memory are limited, and so are the names by which it can
be called: a page of another site must not get to it through a browser on this machine.
"""

import ipaddress
import re
import socket
import sys
import threading
import time
from contextlib import suppress
from http.server import ThreadingHTTPServer
from socketserver import TCPServer

# One thread each. Further ones are turned away, unless one has been sending its request for
# PATIENCE_SECONDS: that one has to go.
CONNECTIONS = 128
PATIENCE_SECONDS = 2

# At most for the whole of a request to arrive, however steadily it trickles; at most for the client
# to take the answer and go.
ARRIVAL_SECONDS = 30
PARTING_SECONDS = 2

# Of all bodies together.
MAXIMUM_HELD_BYTES = 64 << 20

CHUNK_BYTES = 1 << 16

_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\n"
    b"Retry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)


class LimitedServer(ThreadingHTTPServer):
    """Answers every connection in a thread of its own, within the limits above.

    A handler calls `arrived` once it has the whole request, and `hold` for the bytes of a body.
    """

    daemon_threads = True
    request_queue_size = CONNECTIONS

    def __init__(self, host, port, handler):
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        self.address_family, *_, address = found[0]
        self._free = threading.BoundedSemaphore(CONNECTIONS)
        # Connections whose request is not whole yet, and since when; the oldest come first.
        self._arriving = {}
        self._held_bytes = 0
        self._counting = threading.Lock()
        super().__init__(address, handler)
        self.loopback = ipaddress.ip_address(self.server_address[0]).is_loopback

    def server_bind(self):
        """Bind without asking the name service for the machine's name, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def address(self):
        """Return the address to open, also if the server listens on all of the machine's."""
        host = self.server_address[0]
        if ipaddress.ip_address(host).is_unspecified:
            host = _outward_address(self.address_family) or "localhost"
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_port}/"

    def trusts(self, host):
        """Return whether a `Host` can be ours; other names are those of foreign pages."""
        match = re.fullmatch(r"(\[[0-9a-f:.]+\]|[0-9a-z._-]+)(?::([0-9]{1,5}))?", host.lower())
        if not match:
            return False
        # With a dot at its end, a name is whole for the name service, too.
        name, port = match[1].strip("[]").removesuffix("."), int(match[2] or 80)
        if self.loopback:
            known = name in ("localhost", "127.0.0.1", "::1", self.server_address[0])
            return known and port == self.server_port
        if name in ("localhost", socket.gethostname().lower()) or name.endswith(".local"):
            return True
        with suppress(ValueError):
            return bool(ipaddress.ip_address(name))
        return False

    def process_request(self, request, client_address):
        """Start a thread, if need be in place of the slowest client's, or turn the client away."""
        free = self._free.acquire(blocking=False)
        if not free and self._drop(PATIENCE_SECONDS, most=1):
            free = self._free.acquire(timeout=1)
        if not free:
            # Without waiting for the client: all others wait meanwhile.
            request.settimeout(0)
            with suppress(OSError):
                request.send(_BUSY)
                request.shutdown(socket.SHUT_WR)
            self.close_request(request)
            return
        self._arriving[request] = time.monotonic()
        try:
            super().process_request(request, client_address)
        except Exception:
            # No thread to be had. After Ctrl-C there may be one, which counts itself out.
            self._gone(request)
            raise

    def process_request_thread(self, request, client_address):
        """Answer one connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._gone(request)

    def _gone(self, request):
        self.arrived(request)
        self._free.release()

    def arrived(self, request):
        """Note that the request is whole."""
        self._arriving.pop(request, None)

    def service_actions(self):
        """Drop clients that have been sending for too long; called twice a second."""
        self._drop(ARRIVAL_SECONDS)

    def _drop(self, seconds, most=CONNECTIONS):
        """Shut at most `most` connections that have been sending for `seconds`; return how many."""
        before = time.monotonic() - seconds
        slow = [one for one, since in list(self._arriving.items()) if since < before][:most]
        for connection in slow:
            self.arrived(connection)
            # Its thread reads the end of the request, and ends.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        return len(slow)

    def hold(self, count):
        """Count bytes into memory or, if negative, out of it; return False if it is full."""
        with self._counting:
            if count > 0 and self._held_bytes + count > MAXIMUM_HELD_BYTES:
                return False
            self._held_bytes += count
        return True

    def shutdown_request(self, request):
        """Close a connection after the client has: before, unread bytes would revoke the answer."""
        until = time.monotonic() + PARTING_SECONDS
        with suppress(OSError):
            request.shutdown(socket.SHUT_WR)
            request.settimeout(PARTING_SECONDS)
            while request.recv(CHUNK_BYTES) and time.monotonic() < until:
                pass
        self.close_request(request)

    def handle_error(self, request, client_address):
        """Ignore clients that go away."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def _outward_address(family):
    """Return this machine's address in its network, or None; nothing is sent for it."""
    known = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
    with socket.socket(family, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect((known[family], 9))
        return probe.getsockname()[0]
    return None
