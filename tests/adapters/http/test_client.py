"""The guarded client, against local sockets."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.adapters.servers import Script, ScriptedServer, answering, read_request
from tests.waiting import HANGS
from whenthen.adapters.http import client as http
from whenthen.adapters.http.client import GuardedHttp
from whenthen.domain.common.errors import AnswerLost, Permanent, Temporary
from whenthen.ports.outgoing import MAX_ANSWER, HttpAnswer, HttpRequest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-One: 1\r\n\r\nok"
SECRET_PATH = "/hook/s3cret?token=t0ken"


def _post(port: int, path: str = SECRET_PATH, *, seconds: float = 60.0, body: bytes = b"{}") -> HttpAnswer:
    client = GuardedHttp(dangerously_allow_private_addresses=True, total_seconds=seconds)
    return client.send(HttpRequest("POST", f"http://127.0.0.1:{port}{path}", {"webhook-id": "job_1"}, body))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to a local socket may take long on a busy machine."""
    monkeypatch.setattr(http, "CONNECT_SECONDS", 60.0)
    monkeypatch.setattr(http, "TOTAL_SECONDS", 60.0)


def test_a_call_and_its_answer() -> None:
    seen: list[bytes] = []
    with ScriptedServer(answering(OK, seen)) as server:
        answer = _post(server.port)
    assert answer == HttpAnswer(200, {"content-length": "2", "x-one": "1"}, b"ok")
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /hook/s3cret?token=t0ken HTTP/1.1"
    assert {f"Host: 127.0.0.1:{server.port}", "webhook-id: job_1", "Content-Length: 2"} <= set(lines)
    assert body == b"{}"


def test_a_path_of_any_script_is_escaped() -> None:
    seen: list[bytes] = []
    with ScriptedServer(answering(OK, seen)) as server:
        _post(server.port, "/müşteri/a%20b?q=ş x#part")
    assert seen[0].startswith(b"POST /m%C3%BC%C5%9Fteri/a%20b?q=%C5%9F%20x HTTP/1.1")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with ScriptedServer(answering(OK)) as elsewhere:
        location = f"http://127.0.0.1:{elsewhere.port}/elsewhere".encode()
        redirect = b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, location)
        with ScriptedServer(answering(redirect)) as server:
            answer = _post(server.port)
        assert answer.status == status
        assert elsewhere.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "//example.com/",
        "example.com",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://example.com:99999/",
        "https://exam ple.com/",
        "https://example.com\x00.evil.com/",
        "https://[::1",
        "https://[fe80::1%25eth0]/",
        "https://" + "a" * 64 + ".com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/",
        "",
    ],
)
def test_what_may_not_be_called(url: str) -> None:
    def never(*_args: Any) -> socket.socket:
        raise AssertionError("no connection may be made")

    with pytest.raises(Permanent):
        GuardedHttp(connect=never).send(HttpRequest("POST", url))


def test_the_checked_address_is_the_one_that_is_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers differently the second time leads nowhere else: it is asked once."""
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])

    def getaddrinfo(*_args: Any, **_named: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, 443)) for text in next(answers)]

    connected: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], _timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(Temporary, match=r"rebinding\.example"):
        GuardedHttp(connect=connect).send(HttpRequest("POST", "https://rebinding.example/x"))
    assert connected == [("8.8.8.8", 443)]


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        tried.append(address[0])
        if len(tried) == 1:
            raise OSError("unreachable")
        return socket.create_connection(("127.0.0.1", server.port), timeout)

    monkeypatch.setattr(http, "resolve", lambda *_args, **_named: ["2606:4700::1", "8.8.8.8"])
    with ScriptedServer(answering(OK)) as server:
        client = GuardedHttp(dangerously_allow_private_addresses=True, connect=connect)
        assert client.send(HttpRequest("GET", "http://x.example/")).status == 200
    assert tried == ["2606:4700::1", "8.8.8.8"]


def test_nobody_listening_is_temporary() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Temporary) as raised:
        _post(port)
    assert "s3cret" not in str(raised.value.reason)


@pytest.mark.parametrize("url", ["https://bad\r\nhost/", "https://example.com/a\r\nX-Evil: 1"])
def test_line_breaks_in_a_url_become_nothing(url: str) -> None:
    """urlsplit drops them; what is left is one line."""
    with pytest.raises((Permanent, Temporary)):
        GuardedHttp(connect=_refuse).send(HttpRequest("POST", url))


def _refuse(*_args: Any) -> socket.socket:
    raise ConnectionRefusedError


def test_a_line_break_in_a_header_is_refused_before_anything_is_sent() -> None:
    seen: list[bytes] = []
    with ScriptedServer(answering(OK, seen)) as server:
        request = HttpRequest("POST", f"http://127.0.0.1:{server.port}/", {"x": "a\r\nevil: 1"})
        with pytest.raises(Permanent):
            GuardedHttp(dangerously_allow_private_addresses=True).send(request)
    assert seen in ([], [b""])


# --- answers that are lost, cut or slow -----------------------------------------------------------------


def _closes_at_once(connection: socket.socket) -> None:
    connection.recv(1)


def _says_half_a_status(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 2")


def _is_silent(connection: socket.socket) -> None:
    read_request(connection)
    connection.recv(1)


def _speaks_otherwise(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"220 mail.example ESMTP\r\n")


class Clock:
    """The client's clock, which stands still but for what a test lets pass."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Until a deadline there is as much time as the test says, however busy the machine is."""
    clock = Clock()
    monkeypatch.setattr(http, "time", clock)
    return clock


class Slow:
    """A connection on which each byte that is read, and each piece that is sent, takes a second."""

    def __init__(self, clock: Clock, answer: bytes) -> None:
        self._clock, self._answer, self.waits, self.sent = clock, answer, list[float](), 0

    def settimeout(self, seconds: float) -> None:
        self.waits.append(seconds)

    def recv_into(self, buffer: memoryview) -> int:
        self._clock.seconds += 1
        buffer[:1], self._answer = self._answer[:1], self._answer[1:]
        return 1

    def sendall(self, data: bytes) -> None:
        self._clock.seconds += 1
        self.sent += len(data)

    def close(self) -> None:
        pass

    def call(self, seconds: float, body: bytes = b"{}") -> HttpAnswer:
        connect: Any = lambda _address, _timeout: self  # noqa: E731 - it is this one, whatever the address
        client = GuardedHttp(dangerously_allow_private_addresses=True, total_seconds=seconds, connect=connect)
        return client.send(HttpRequest("POST", "http://127.0.0.1/", {}, body))


@pytest.mark.parametrize(
    ("script", "seconds"),
    [(_closes_at_once, 60), (_says_half_a_status, 60), (_speaks_otherwise, 60), (_is_silent, 0.3)],
)
def test_no_status_line_means_that_the_answer_is_lost(script: Script, seconds: float, clock: Clock) -> None:
    with ScriptedServer(script) as server, pytest.raises(AnswerLost) as raised:
        _post(server.port, seconds=seconds)
    assert "s3cret" not in str(raised.value.reason)


def test_a_status_line_that_drips_is_lost_with_the_time(clock: Clock) -> None:
    slow = Slow(clock, OK)
    with pytest.raises(AnswerLost):
        slow.call(12)
    assert 12 <= clock.seconds <= 13
    assert slow.waits == sorted(slow.waits, reverse=True), "every wait gets what is left of the time"
    assert max(slow.waits) <= 12


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbroken", b"broken"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz", b"hello"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.1 200 OK\r\nhalf a head", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    ],
)
def test_once_the_status_is_there_the_call_is_answered(answer: bytes, body: bytes) -> None:
    with ScriptedServer(answering(answer)) as server:
        found = _post(server.port)
    assert 200 <= found.status < 300
    assert found.body == body


@pytest.mark.parametrize("head", [b"", b"Content-Length: 10000000\r\n"])
def test_no_more_than_the_beginning_of_a_body_is_read(head: bytes) -> None:
    sent: list[int] = []

    def floods(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
        for _ in range(1_000):
            connection.sendall(b"x" * 10_000)
            sent.append(1)

    with ScriptedServer(floods) as server:
        answer = _post(server.port)
    assert len(answer.body) == MAX_ANSWER
    assert len(sent) < 1_000


@pytest.mark.parametrize(("size", "cut"), [(0, False), (999, False), (1_000, False), (1_001, True), (70_000, True)])
def test_it_is_told_whether_all_of_a_body_was_read(size: int, cut: bool) -> None:
    def answers(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)

    with ScriptedServer(answers) as server:
        request = HttpRequest("GET", f"http://127.0.0.1:{server.port}/", most=1_000)
        answer = GuardedHttp(dangerously_allow_private_addresses=True).send(request)
    assert (len(answer.body), answer.cut) == (min(size, 1_000), cut)


def test_a_body_that_drips_ends_with_the_time(clock: Clock) -> None:
    answer = Slow(clock, b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100).call(40)
    assert answer.status == 200
    assert 0 < len(answer.body) < 21
    assert 40 <= clock.seconds <= 41


def test_a_receiver_that_does_not_read_ends_with_the_time(clock: Clock) -> None:
    given_up = threading.Event()

    with ScriptedServer(lambda _connection: given_up.wait(HANGS) and None) as server:
        with pytest.raises(AnswerLost):
            _post(server.port, seconds=0.3, body=b"x" * 20_000_000)
        given_up.set()


def test_a_receiver_that_reads_slowly_ends_with_the_time(clock: Clock) -> None:
    slow = Slow(clock, OK)
    with pytest.raises(AnswerLost):
        slow.call(5, body=b"x" * 20_000_000)
    assert clock.seconds == 5
    assert slow.sent < 20_000_000


def test_an_answer_that_comes_before_the_body_was_read_counts() -> None:
    def refuses_early(connection: socket.socket) -> None:
        connection.recv(1_000)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass

    with ScriptedServer(refuses_early) as server:
        assert _post(server.port, body=b"x" * 3_000_000).status == 413


# --- TLS ------------------------------------------------------------------------------------------------


_KEY_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for hooks.example that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_KEY_USAGE, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


def _tls_call(monkeypatch: pytest.MonkeyPatch, server: ScriptedServer, host: str, trusted: Path | None) -> HttpAnswer:
    monkeypatch.setattr(http, "resolve", lambda *_args, **_named: ["8.8.8.8"])
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))

    def connect(_address: tuple[str, int], timeout: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", server.port), timeout)

    return GuardedHttp(connect=connect, total_seconds=60.0).send(HttpRequest("POST", f"https://{host}/x", {}, b"{}"))


def test_the_name_that_was_asked_for_is_the_one_that_is_proved(
    monkeypatch: pytest.MonkeyPatch, authority: Path
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority)
    asked: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: asked.append(name)
    seen: list[bytes] = []
    with ScriptedServer(answering(OK, seen), tls) as server:
        assert _tls_call(monkeypatch, server, "hooks.example", authority).status == 200
        assert asked == ["hooks.example"]
        assert b"Host: hooks.example\r\n" in seen[0]
        with pytest.raises(Temporary, match="SSLCertVerificationError"):
            _tls_call(monkeypatch, server, "other.example", authority)
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(Temporary, match="SSLCertVerificationError"):
            _tls_call(monkeypatch, server, "hooks.example", None)
    assert len(seen) == 1, "nothing was sent to who could not prove the name"


def test_a_receiver_without_tls_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def plain(connection: socket.socket) -> None:
        connection.recv(10)
        connection.sendall(b"HTTP/1.1 400 Bad\r\n\r\n")

    with ScriptedServer(plain) as server, pytest.raises(Temporary):
        _tls_call(monkeypatch, server, "hooks.example", None)
