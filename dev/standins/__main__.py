"""Run all stand-ins in one process: `python -m dev.standins --aws-url URL --token TOKEN --ports FILE`.

Each takes a free port by itself; FILE then says which: `{"graph": 40001, "webhooks": …, "mail": …, "smtp": …}`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
from pathlib import Path

from dev.standins import smtp
from dev.standins.graph import Graph
from dev.standins.mail import Mail
from dev.standins.rooms import Rooms
from dev.standins.server import serve
from dev.standins.sms import Sms
from dev.standins.webhooks import Webhooks


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aws-url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--ports", required=True, type=Path)
    given = parser.parse_args()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    mail = Mail(given.aws_url, os.environ.get("AWS_ACCESS_KEY_ID", ""))
    relay = smtp.serve(mail.relay)
    servers = {stand_in.name: serve(stand_in) for stand_in in (Graph(given.token), Webhooks(), mail, Sms(), Rooms())}
    ports = {name: server.server_address[1] for name, server in servers.items()} | {"smtp": relay.server_address[1]}
    fresh = given.ports.with_suffix(".new")
    fresh.write_text(json.dumps(ports))
    fresh.replace(given.ports)
    stopped.wait()


if __name__ == "__main__":
    main()
