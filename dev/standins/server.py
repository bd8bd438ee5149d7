"""Serve the parts that all stand-ins share: HTTP on 127.0.0.1, the list of calls, resetting and programming."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from dev.standins.exchange import NO_SUCH_OPTION, Answer, Fault, Faults, Request
from whenthen.domain.common.errors import Invalid

MAX_CALLS = 20_000
"""Calls that a stand-in remembers; the oldest are forgotten first."""

MAX_BODY = 5_000_000


class StandIn:
    """A stand-in: subclasses say what a request does, and what else they have to show."""

    name: ClassVar[str]

    def __init__(self) -> None:
        self.faults = Faults()
        self.lock = threading.RLock()
        self._calls: deque[dict[str, Any]] = deque(maxlen=MAX_CALLS)

    # --- what subclasses say

    def act(self, request: Request) -> Answer:
        """Let the request take effect and answer it."""
        raise NotImplementedError

    def failure(self, fault: Fault) -> Answer:
        """The answer of a programmed fault, in the protocol's own shape."""
        return Answer(fault.status, fault.document, fault.headers)

    def shown(self) -> dict[str, Any]:
        """Return the document that is shown besides the calls."""
        return {}

    def noted(self, request: Request) -> dict[str, Any]:
        """Return the facts to note of a call besides the request."""
        del request
        return {}

    def forget(self) -> None:
        """Forget what was received and programmed."""

    def prepare(self, program: Mapping[str, Any]) -> None:
        """Take what was programmed, without `faults`. Raises Invalid."""
        if program:
            raise Invalid.field("", NO_SUCH_OPTION(names=sorted(program)))

    # --- what they share

    def handle(self, request: Request) -> Answer | None:
        """Answer a request; None: close the connection without one."""
        if request.path == "/_received":
            return self._received(request)
        if request.path == "/_program":
            return self._program(request)
        note = self._note(request)
        fault = self.faults.meet(request)
        if fault.drop == "before":
            note["dropped"] = "before"
            return None
        answer = self.failure(fault) if fault.status else self.act(request)
        note["status"] = answer.status
        if fault.drop == "after":
            note["dropped"] = "after"
            return None
        return answer

    def received(self) -> dict[str, Any]:
        """Everything that there is to show."""
        with self.lock:
            return {"calls": list(self._calls), **self.shown()}

    def _received(self, request: Request) -> Answer:
        if request.method == "DELETE":
            with self.lock:
                self._calls.clear()
                self.faults.clear()
                self.forget()
            return Answer(204)
        return Answer(200, self.received())

    def _program(self, request: Request) -> Answer:
        program = request.json()
        if not isinstance(program, dict):
            return Answer(400, {"error": "a JSON object is required"})
        try:
            faults = [Fault.parse(entry) for entry in program.pop("faults", [])]
            with self.lock:
                self.prepare(program)
        except (Invalid, TypeError, ValueError) as refused:
            return Answer(400, {"error": str(refused)})
        for fault in faults:
            self.faults.add(fault)
        return Answer(204)

    def _note(self, request: Request) -> dict[str, Any]:
        note: dict[str, Any] = {
            "at": time.time(),
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "headers": dict(request.headers),
            "body": request.body.decode(errors="replace"),
            "body_base64": base64.b64encode(request.body).decode(),
            "json": request.json(),
            "status": None,
            **self.noted(request),
        }
        with self.lock:
            self._calls.append(note)
        return note


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, stand_in: StandIn, port: int) -> None:
        self.stand_in = stand_in
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up is no news; its own tests say so."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 30

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length > MAX_BODY:
            self.close_connection = True
            self._send(Answer(413, {"error": f"at most {MAX_BODY} bytes are taken"}))
            return
        request = Request.read(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
        answer = self.server.stand_in.handle(request)
        if answer is None:
            self.close_connection = True
        else:
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        body = answer.text.encode() if answer.document is None else json.dumps(answer.document, indent=2).encode()
        kind = "text/plain" if answer.text else "application/json"
        self.send_response(answer.status)
        for name, value in {"content-type": kind, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Every call is listed anyway."""


def serve(stand_in: StandIn, port: int = 0) -> ThreadingHTTPServer:
    """Serve the stand-in in threads of this process, on a free port unless one is named."""
    server = _Server(stand_in, port)
    threading.Thread(target=server.serve_forever, args=[0.05], name=stand_in.name, daemon=True).start()
    return server
