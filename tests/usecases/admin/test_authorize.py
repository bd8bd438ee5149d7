"""authorize: while nobody can read the first key, the keys that were made since still work."""

from __future__ import annotations

import pytest

from whenthen.domain.common.errors import Temporary, Unauthenticated
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
    def __init__(self, key: str | None) -> None:
        self._key = key

    def get(self, name: str) -> dict[str, str]:
        assert name == "admin-key"
        if self._key is None:
            raise Temporary(UNAVAILABLE(provider="secretsmanager", error="x"))
        return {"key": self._key}

    refreshed = get


def test_a_key_that_was_made_since_does_not_depend_on_the_first_one() -> None:
    assert Authorize(Keys(), Secrets(None))("Bearer own") == KEY


@pytest.mark.parametrize("presented", ["admin", "nobody"])
def test_of_any_other_key_nobody_can_say_whose_it_is(presented: str) -> None:
    with pytest.raises(Temporary):
        Authorize(Keys(), Secrets(None))(f"Bearer {presented}")


def test_a_replaced_first_key_is_nobody_s() -> None:
    authorize = Authorize(Keys(), Secrets("new"))
    assert authorize("Bearer new").scopes == ("admin",)
    with pytest.raises(Unauthenticated):
        authorize("Bearer old")
