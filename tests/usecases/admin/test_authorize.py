"""authorize: while nobody can read the first key, the keys that were made since still work."""

from __future__ import annotations

import pytest

from whenthen.domain.common.errors import Misconfigured, Temporary, Unauthenticated
from whenthen.ports.reason_codes import UNAVAILABLE
from whenthen.ports.values import ApiKey
from whenthen.usecases.admin.authorize import Authorize, hash_of

KEY = ApiKey("key_1", hash_of("own"), "Reports", ("runs:read",))


class Keys:
    def find(self, key_hash: str) -> ApiKey | None:
        return KEY if key_hash == KEY.hash else None

    def add(self, key: ApiKey) -> None:
        raise AssertionError


class Secrets:
    """Knows one key; `renewed` is what the key was replaced with since it was read."""

    def __init__(self, key: str | None, renewed: str | None = None) -> None:
        self._key, self._renewed = key, renewed

    def get(self, name: str) -> dict[str, str]:
        assert name == "admin-key"
        if self._key is None:
            raise Temporary(UNAVAILABLE(provider="secretsmanager", error="x"))
        return {"key": self._key}

    def refreshed(self, name: str) -> dict[str, str]:
        self._key = self._renewed or self._key
        return self.get(name)


def test_a_key_that_was_made_since_does_not_depend_on_the_first_one() -> None:
    assert Authorize(Keys(), Secrets(None))("Bearer own") == KEY


@pytest.mark.parametrize("presented", ["admin", "nobody"])
def test_of_any_other_key_nobody_can_say_whose_it_is(presented: str) -> None:
    with pytest.raises(Temporary):
        Authorize(Keys(), Secrets(None))(f"Bearer {presented}")


def test_a_new_first_key_is_known_at_once_though_the_old_one_is_still_kept() -> None:
    authorize = Authorize(Keys(), Secrets("old", "new"))
    assert authorize("Bearer old").scopes == ("admin",), "for as long as it is kept, both are good"
    assert authorize("Bearer new").scopes == ("admin",)
    with pytest.raises(Unauthenticated):
        authorize("Bearer old")


def test_of_a_key_of_nobody_the_first_one_is_asked_for_anew() -> None:
    with pytest.raises(Unauthenticated):
        Authorize(Keys(), Secrets("old", "new"))("Bearer nobody")


@pytest.mark.parametrize("document", [{}, {"key": ""}, {"key": None}, {"key": 7}, {"Key": "admin"}])
def test_a_first_key_that_was_spoilt_is_no_unknown_key(document: dict[str, object]) -> None:
    class Spoilt(Secrets):
        def get(self, name: str) -> dict[str, object]:  # type: ignore[override]
            return document

    assert Authorize(Keys(), Spoilt(None))("Bearer own") == KEY, "the others still work"
    with pytest.raises(Misconfigured, match=r"secret\.unreadable"):
        Authorize(Keys(), Spoilt(None))("Bearer admin")


def test_a_replaced_first_key_is_nobody_s() -> None:
    authorize = Authorize(Keys(), Secrets("new"))
    assert authorize("Bearer new").scopes == ("admin",)
    with pytest.raises(Unauthenticated):
        authorize("Bearer old")
