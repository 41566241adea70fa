"""Servers of `edge serve` for tests, in this process or in one of their own, and their clients."""

import contextlib
import subprocess
import sys
import threading
from http.client import HTTPConnection

import edge
from edge.server import API, Server
from tests.edge import processes
from tests.edge.drawings import LETTER


@contextlib.contextmanager
def running(pack, folder=None):
    """Serve in a thread of this process, on a free port; with a folder, the page can be taught."""
    with Server("127.0.0.1", 0, edge.load(pack, "pure"), folder) as server:
        server.take_up()
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def command(*arguments, before=""):
    """Run `edge serve`, after a shell's commands; yield the process and the line that it prints."""
    serve = [sys.executable, "-m", "edge", "serve", "--port", "0", *map(str, arguments)]
    process = subprocess.Popen(
        ["sh", "-c", f'{before}\nexec "$@"', "sh", *serve],
        env=processes.ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def ask(port, method="POST", path=API, body=LETTER, headers=None):
    """Send one request to this machine; return the status, the headers and the body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
