"""The end of the emulator's mail relay: as much of SMTP as Python's smtplib speaks."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable

_LONGEST_LINE = 65_536
_LARGEST_MESSAGE = 50_000_000

_ANSWERS = {
    b"EHLO": "250 whenthen",
    b"HELO": "250 whenthen",
    b"MAIL": "250 OK",
    b"RCPT": "250 OK",
    b"RSET": "250 OK",
    b"NOOP": "250 OK",
    b"DATA": "354 end with a line that holds a single full stop",
    b"QUIT": "221 bye",
}


class _Session(socketserver.StreamRequestHandler):
    server: _Relay
    timeout = 30

    def handle(self) -> None:
        self._say("220 whenthen")
        while line := self.rfile.readline(_LONGEST_LINE):
            verb = line[:4].upper()
            self._say(_ANSWERS.get(verb, "502 not understood"))
            if verb == b"DATA":
                self.server.take(self._message())
                self._say("250 OK")
            if verb == b"QUIT":
                return

    def _message(self) -> bytes:
        """The lines up to the single full stop, with the doubled full stops undone."""
        lines: list[bytes] = []
        size = 0
        while (line := self.rfile.readline(_LONGEST_LINE)) not in (b".\r\n", b""):
            size += len(line)
            if size <= _LARGEST_MESSAGE:
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


class _Relay(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.take = take
        super().__init__(("127.0.0.1", 0), _Session)


def serve(take: Callable[[bytes], None]) -> socketserver.ThreadingTCPServer:
    """Hand every message that arrives to `take`, in threads of this process, on a free port of 127.0.0.1."""
    relay = _Relay(take)
    threading.Thread(target=relay.serve_forever, args=[0.05], name="smtp", daemon=True).start()
    return relay
