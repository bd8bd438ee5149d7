"""Start, reuse, renew and stop a local stack, and leave nothing running."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dev import emulator as local_aws
from dev import processes, provision, resources, sam, web
from dev.client import Refused
from dev.emulator import DidNotStart, Emulator, tail
from dev.files import exclusive, fingerprint
from dev.paths import LOCAL, ROOT, UP, StackPaths, known_stacks
from dev.processes import ProcessFile
from dev.provision import Credentials
from dev.resources import Resources
from dev.sam import DeployFailed
from dev.stack import Stack

STACK_FILE = "WHENTHEN_STACK_FILE"
"""Names the stack file of a stack that runs already; who finds it set uses that one and starts none."""

_MACHINERY = [ROOT / name for name in ("dev/standins", "dev/requirements", "layers/whenthen/whenthen/sources")]
"""Files that run the stack rather than in it: when one changed, a running stack is started afresh."""

_STANDINS_SECONDS = 60.0
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Running:
    """A stack that `up` started: `ports` by the name of the process that listens."""

    ports: dict[str, int]
    credentials: Credentials
    machinery: str
    sources: str = ""

    @property
    def emulator(self) -> Emulator:
        return Emulator(self.ports["aws"], self.credentials.root)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"


def up(name: str = UP) -> Stack:
    """The stack `name`, running, and as its sources say.

    If it raises DidNotStart or DeployFailed, a stack that ran before still runs, with all that it holds; else nothing.
    """
    paths = StackPaths(name)
    with exclusive(LOCAL / f"{name}.lock"):
        running = _read_running(paths)
        sources = fingerprint(sam.SOURCES)
        if running is not None and running.sources == sources and paths.stack_file.exists():
            say(f"The local stack is running already: {paths.stack_file.relative_to(ROOT)}")
            return Stack.load(paths.stack_file)
        if running is not None:
            return _deploy(paths, running, sources, is_new=False)
        try:
            return _deploy(paths, _start(paths), sources, is_new=True)
        except BaseException:
            _stop(paths)
            raise


def down(paths: StackPaths) -> bool:
    """Stop the stack. Returns whether anything was running."""
    with exclusive(LOCAL / f"{paths.name}.lock"):
        return _stop(paths)


def down_all() -> None:
    """Stop every stack that was started from this checkout."""
    stopped = [paths.name for paths in known_stacks() if down(paths)]
    say(f"Stopped: {', '.join(stopped)}" if stopped else "No local stack was running.")


@contextmanager
def running_stack(name: str = "test") -> Iterator[Stack]:
    """A stack for as long as the context lasts, apart from the one that `make up` left running.

    Where the environment names a stack file, as under `python -m dev run`, that stack is used and left alone.
    """
    given = os.environ.get(STACK_FILE)
    if given:
        yield Stack.load(Path(given))
        return
    down(StackPaths(name))
    try:
        yield up(name)
    finally:
        down(StackPaths(name))


def say(message: str) -> None:
    """Print a line of progress, seen at once even through a pipe."""
    print(message, flush=True)


@contextmanager
def _step(message: str) -> Iterator[None]:
    started = time.monotonic()
    say(f"{message} …")
    yield
    say(f"  done in {time.monotonic() - started:.1f} s")


def _stop(paths: StackPaths) -> bool:
    stopped = ProcessFile(paths.processes).stop_all()
    paths.stack_file.unlink(missing_ok=True)
    _state_file(paths).unlink(missing_ok=True)
    return bool(stopped)


def _state_file(paths: StackPaths) -> Path:
    return paths.home / "running.json"


def _machinery() -> str:
    return fingerprint([*_MACHINERY, *sorted((ROOT / "dev").glob("*.py"))]) + sys.version


def _read_running(paths: StackPaths) -> Running | None:
    """Return the stack that runs. None unless all of it answers, and was started by the machinery as it is now."""
    try:
        document = json.loads(_state_file(paths).read_text())
        running = Running(**{**document, "credentials": Credentials.from_document(document["credentials"])})
    except (FileNotFoundError, json.JSONDecodeError, TypeError, KeyError):
        return None
    started = ProcessFile(paths.processes).read()
    alive = bool(started) and all(process.is_alive() for process in started)
    healthy = alive and running.emulator.is_ready() and _answers(running.url("graph"))
    return running if healthy and running.machinery == _machinery() else None


def _answers(url: str) -> bool:
    try:
        return web.call("GET", f"{url}/_received", seconds=5).status == 200
    except OSError:
        return False


def _start(paths: StackPaths) -> Running:
    """Start the stand-ins and the emulator, from nothing."""
    for attempt in range(1, _ATTEMPTS + 1):
        _stop(paths)
        local_aws.empty(paths.data)
        local_aws.empty(paths.home / "logs")
        paths.data.mkdir(parents=True)
        try:
            with _step("Starting the local AWS and the stand-ins for the outside"):
                return _start_processes(paths, local_aws.free_port())
        except DidNotStart as failed:
            if attempt == _ATTEMPTS or "already in use" not in str(failed):
                raise
            say("  someone else took the port in between; trying another")
    raise AssertionError


def _start_processes(paths: StackPaths, aws_port: int) -> Running:
    started = ProcessFile(paths.processes)
    credentials = Credentials.invent()
    ports_file = paths.data / "ports.json"
    command = [sys.executable, "-m", "dev.standins", "--ports", str(ports_file)]
    command += ["--aws-url", f"http://127.0.0.1:{aws_port}", "--token", credentials.access_token]
    env = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers/whenthen")]), "PATH": os.defpath}
    env |= credentials.root.environment
    standins = processes.start("standins", command, env, paths.log("standins"), ROOT)
    started.add(standins)
    ports = _wait_for_ports(ports_file, standins.is_alive, paths.log("standins"))
    aws = local_aws.start(paths, aws_port, ports["smtp"], credentials.root)
    started.add(aws)
    running = Running({"aws": aws_port, **ports}, credentials, _machinery())
    local_aws.wait_until_ready(running.emulator, aws, paths.log("emulator"))
    return running


def _wait_for_ports(file: Path, is_alive: Callable[[], bool], log: Path) -> dict[str, int]:
    deadline = time.monotonic() + _STANDINS_SECONDS
    while not file.exists():
        if not is_alive() or time.monotonic() > deadline:
            raise DidNotStart(f"the stand-ins did not start\n{tail(log)}")
        time.sleep(0.05)
    ports: dict[str, int] = json.loads(file.read_text())
    return ports


def _deploy(paths: StackPaths, running: Running, sources: str, *, is_new: bool) -> Stack:
    """Build, deploy, provision, and write the stack file. A stack that is not new keeps its secrets as they are."""
    parameters = {
        "GraphApiUrl": running.url("graph"),
        "SmsApiUrl": running.url("sms"),
        "DangerouslyAllowPrivateAddresses": "true",
    }
    with exclusive(LOCAL / "build.lock"):
        with _step("Building the template"):
            template = sam.build(paths)
        with _step("Deploying it to the local AWS"):
            sam.deploy(paths, running.emulator, template, parameters)
    with _step("Setting up what an operator sets up by hand"):
        deployed = resources.read(running.emulator, sam.configured("stack_name"))
        if is_new:
            provision.provision(running.emulator, deployed, running.credentials, _mail_from())
        else:
            current = provision.renewed(running.emulator, deployed, running.credentials)
            running = replace(running, credentials=current)
        provision.give_time(running.emulator, deployed)
        stack = Stack(_document(running, deployed))
        stack.webhooks.program(secrets={"/": f"whsec_{running.credentials.outgoing_secret}"})
        try:
            provision.configure_sample_source(stack.api, running.credentials)
        except Refused as refused:
            raise DeployFailed(
                f"the API does not answer as it should\n{refused}\n{tail(paths.log('emulator'))}"
            ) from None
    _write(_state_file(paths), asdict(running) | {"sources": sources})
    _write(paths.stack_file, stack.document)
    say(f"The local stack is running: {paths.stack_file.relative_to(ROOT)}")
    return stack


def _mail_from() -> str:
    return sam.configured_parameters()["MailFrom"]


def _document(running: Running, deployed: Resources) -> dict[str, Any]:
    """Return the contents of the stack file."""
    api = deployed.only("AWS::ApiGatewayV2::Api")
    api_url = f"{running.emulator.url}/_aws/execute-api/{api}/$default"
    credentials = running.credentials
    return {
        "api_url": api_url,
        "admin_key": credentials.admin_key,
        "hooks": {
            "meta": {
                "url": f"{api_url}/hooks/meta",
                "app_secret": credentials.app_secret,
                "verify_token": credentials.verify_token,
            },
            provision.SAMPLE_SOURCE: {
                "url": f"{api_url}/hooks/{provision.SAMPLE_SOURCE}",
                "scheme": provision.SAMPLE_SCHEME,
                "secret": credentials.source_secret,
            },
        },
        "sinks": {name: f"{running.url(name)}/_received" for name in ("graph", "webhooks", "mail", "sms", "rooms")},
        "aws_endpoint_url": running.emulator.url,
        "aws_access_key_id": credentials.root.access_key,
        "aws_secret_access_key": credentials.root.secret_key,
        "region": local_aws.REGION,
        "stack_name": sam.configured("stack_name"),
        "tables": deployed.named("AWS::DynamoDB::Table", "Table"),
        "queues": deployed.named("AWS::SQS::Queue", "Queue"),
        "state_machine": deployed.get("Sequence") or deployed.only("AWS::StepFunctions::StateMachine"),
        "event_bus": deployed.only("AWS::Events::EventBus"),
        "functions": deployed.named("AWS::Lambda::Function", "Function"),
        "outputs": dict(deployed.outputs),
        "mail_from": _mail_from(),
        "phone_number_id": provision.PHONE_NUMBER_ID,
        "access_token": credentials.access_token,
    }


def _write(file: Path, document: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(document, indent=2) + "\n")
    fresh.replace(file)
