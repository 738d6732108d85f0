"""The conformance application for WSGI servers of others: one small behaviour for each path.

    gunicorn --chdir tests/conformance/apps conformance_app:app
    cargo xtask conformance --target localhost:8000 --profile wsgi

README.md lists the paths; src/subjects/behaviour.rs is the same in Rust. Needs Python 3 and nothing else; as a program it
serves itself by wsgiref: python3 conformance_app.py [PORT]
"""

from urllib.parse import quote, unquote_to_bytes


class Asked(Exception):
    """Raised where the path asks for it."""


def decoded(text):
    return unquote_to_bytes(text).decode("latin-1")


def target(environ):
    """The path and the query as they came, as far as the server tells."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw is None:
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        return quote(path, safe="/:*;,=@!$&'()+~", encoding="latin-1"), environ.get("QUERY_STRING", "")
    scheme, separator, rest = raw.partition("://")
    if separator and "/" not in scheme:
        start = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=None)
        raw = rest[start:] if start is not None else "/"
    path, _, query = raw.partition("?")
    return path, query


def read(environ, count=None):
    """The request body, or its beginning; never beyond its end."""
    stream = environ["wsgi.input"]
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower() or environ.get("wsgi.input_terminated"):
        limit = None
    else:
        limit = int(environ.get("CONTENT_LENGTH") or 0)
    wanted = min((n for n in (count, limit) if n is not None), default=None)
    if wanted is None:
        return stream.read()
    pieces = []
    while wanted > 0:
        piece = stream.read(wanted)
        if not piece:
            break
        pieces.append(piece)
        wanted -= len(piece)
    return b"".join(pieces)


def shown(environ):
    """The sorted environ; objects appear by their role only."""
    def value(item):
        return ascii(item) if isinstance(item, (str, bool, int, tuple)) else "<object>"
    return "".join(f"{key} = {value(environ[key])}\n" for key in sorted(environ)).encode("latin-1")


def app(environ, start_response):
    path, query = target(environ)
    if environ.get("PATH_INFO") == "/environ":
        path = "/environ"
    status, fields, length = "200 OK", [("Content-Type", "text/plain")], "truly"
    if path in ("/", "/unread"):
        pieces = [b"hello\n"]
    elif path == "/environ":
        pieces = [shown(environ)]
    elif path == "/echo":
        pieces = [read(environ)]
    elif path.startswith("/read/"):
        pieces = [read(environ, int(path[len("/read/"):]))]
    elif path == "/request" or path.startswith("/request/"):
        question = "?" if query else ""
        text = f"{environ['REQUEST_METHOD']} {path}{question}{query}\nHost: {environ.get('HTTP_HOST', '')}\n"
        pieces = [text.encode("latin-1")]
    elif path.startswith("/field/"):
        name = path[len("/field/"):].upper().replace("-", "_")
        key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + name
        pieces = [environ.get(key, "<none>").encode("latin-1")]
    elif path == "/status":
        status, length, pieces = decoded(query), None, [b"body\n"]
    elif path == "/header":
        name, _, value = query.partition("&")
        fields.append((decoded(name), decoded(value)))
        pieces = [b"hello\n"]
    elif path == "/chunks":
        length, pieces = None, [b"one\n", b"two\n", b"three\n"]
    elif path == "/empty":
        length, pieces = None, []
    elif path == "/length":
        length, pieces = query, [b"hello\n"]
    elif path == "/raise":
        raise Asked("as the path asks for")
    elif path == "/raise-late":
        start_response(status, fields)
        return fails_late()
    elif path == "/large":
        pieces = [b"x" * 300_000]
    elif path.startswith("/next-"):
        pieces = [path.encode("latin-1") + b"\n"]
    else:
        status, pieces = "404 Not Found", [b"not found\n"]
    if length == "truly":
        length = str(sum(map(len, pieces)))
    if length is not None:
        fields.append(("Content-Length", length))
    start_response(status, fields)
    return pieces


def fails_late():
    yield b"one\n"
    raise Asked("as the path asks for")


if __name__ == "__main__":
    import sys
    from wsgiref.simple_server import make_server

    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with make_server("127.0.0.1", port, app) as server:
        print(f"Serving on http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()
