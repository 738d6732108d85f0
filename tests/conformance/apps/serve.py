"""The standard servers of a Python 3, for `cargo xtask conformance --peers`.

    python3 serve.py wsgiref PORT           wsgiref.simple_server with the conformance application
    python3 serve.py directory PORT DIR     http.server with a directory

On 127.0.0.1, quiet, each connection in a thread of its own: with one thread, a client that keeps silent keeps all
others waiting, and every case that follows would fail for that.
"""

import os
import socketserver
import sys
from http.server import HTTPServer, SimpleHTTPRequestHandler
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from conformance_app import app  # noqa: E402


class Quiet(object):
    def log_message(self, *args):
        pass


class Directory(Quiet, SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"


class Gateway(Quiet, WSGIRequestHandler):
    pass


class Threads(socketserver.ThreadingMixIn):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


def main():
    kind, address = sys.argv[1], ("127.0.0.1", int(sys.argv[2]))
    if kind == "directory":
        os.chdir(sys.argv[3])
        server = type("Server", (Threads, HTTPServer), {})(address, Directory)
    else:
        ServerHandler.log_exception = lambda self, exc_info: None
        server = type("Server", (Threads, WSGIServer), {})(address, Gateway)
        server.set_app(app)
    server.serve_forever()


if __name__ == "__main__":
    main()
