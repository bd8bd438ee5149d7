"""Give messages to a customer the links by which they unsubscribe from a channel and choose their channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.rules.actions import actions
from whenthen.domain.rules.step_parameters import texts_of
from whenthen.domain.sending.sealed_links import PREFERENCES, UNSUBSCRIBE, LinkedPerson, seal
from whenthen.domain.templating.syntax import LINKS, PREFERENCES_URL, UNSUBSCRIBE_URL
from whenthen.usecases.sending.preferences import link_keys

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Step
    from whenthen.domain.sending.recipients import Recipient
    from whenthen.ports.providers import Secrets

NO_LINKS: Mapping[str, str] = dict.fromkeys(LINKS, "")


class Links(Struct, frozen=True):
    """Make links below `url`. The secret is read for messages with links alone."""

    secrets: Callable[[], Secrets]
    url: str

    def of(self, customer: Recipient | None, channel: str) -> Mapping[str, str]:
        """Return the links by their names in templates; empty ones for somebody who has no record to keep a choice."""
        if customer is None or not customer.records:
            return NO_LINKS
        key = link_keys(self.secrets())[0]
        said = LinkedPerson(customer.identity, channel).text
        return {
            name: f"{self.url}/links/{use}/{seal(key, use, said)}"
            for name, use in ((UNSUBSCRIBE_URL, UNSUBSCRIBE), (PREFERENCES_URL, PREFERENCES))
        }

    def for_step(self, step: Step, customer: Recipient, channel: str) -> Mapping[str, str]:
        """Return the links of a step whose texts may name some: its own do, or it names a stored template."""
        named = bool(step.parameters.get(actions()[step.action].template)) or names_links(step.parameters)
        return self.of(customer, channel) if named else NO_LINKS


def names_links(parameters: Any) -> bool:
    """Tell whether a text of these parameters may name a link."""
    return any(name in text for _, text in texts_of(parameters, "") for name in LINKS)
