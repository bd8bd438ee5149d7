"""Mail that the emulator relays is shown with its own headers."""

import json
import smtplib
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from dev.stack import Sink
from dev.standins import smtp
from dev.standins.mail import Mail
from dev.standins.server import serve
from tests.waiting import until

ENTRY = {
    "MessageId": "1@email.amazonses.com",
    "Source": "hello@example.com",
    "To": ["elif@example.com"],
    "CC": [],
    "BCC": [],
    "Subject": "=?utf-8?q?G=C3=BCnayd=C4=B1n?=",
    "BodyText": "Hello\r\n.hidden\r\n",
    "BodyHtml": "",
    "Timestamp": 1.0,
    "Type": "SendRawEmail",
}
RAW = (
    "Message-ID: <1@email.amazonses.com>\r\nFrom: hello@example.com\r\nTo: elif@example.com\r\n"
    "Subject: =?utf-8?q?G=C3=BCnayd=C4=B1n?=\r\nX-Whenthen-Job: job_1\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "\r\nHello\r\n.hidden\r\n"
)


@pytest.fixture
def mail():
    """The mail view before an emulator that accepted one message."""

    class Emulator(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"messages": {"000000000000": [ENTRY]}}).encode())

        def log_message(self, *_):
            pass

    emulator = HTTPServer(("127.0.0.1", 0), Emulator)
    threading.Thread(target=emulator.serve_forever, args=[0.05], daemon=True).start()
    view = Mail(f"http://127.0.0.1:{emulator.server_address[1]}")
    relay, server = smtp.serve(view.relay), serve(view)
    yield Sink(f"http://127.0.0.1:{server.server_address[1]}/_received"), relay.server_address[1]
    for one in (emulator, relay, server):
        one.shutdown()
        one.server_close()


def send(port):
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as relay:
        relay.sendmail("hello@example.com", ["elif@example.com"], RAW)


def test_a_message_is_listed_at_once_and_has_its_headers_once_it_is_relayed(mail):
    sink, port = mail
    (accepted,) = sink.received()["messages"]
    assert (accepted["headers"], accepted["text"]) == ([], "Hello\n.hidden\n")
    send(port)
    until(lambda: sink.received()["messages"][0]["headers"], "the message gets no headers")
    (message,) = sink.received()["messages"]
    assert message["subject"] == "Günaydın"
    assert message["text"] == "Hello\n.hidden\n"
    assert message["to"] == ["elif@example.com"]
    assert ["X-Whenthen-Job", "job_1"] in message["headers"]


def test_what_was_there_at_a_reset_is_not_shown_again(mail):
    sink, port = mail
    send(port)
    sink.reset()
    assert sink.received() == {"messages": []}
