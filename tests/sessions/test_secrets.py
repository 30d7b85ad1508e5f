from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsess.model import Draft, Entry, EntryKind, Session, Status, utc_now
from agentsess.sessions.secrets import (
    count_secrets,
    find,
    flagged,
    flags_of,
    redact,
    redacted,
)

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n1234\n-----END RSA PRIVATE KEY-----"
SECRETS = {
    "AWS key": "AKIA" + "Q4WJ" * 4,
    "AWS secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY",
    "GitHub token": "ghp_" + "a1B2" * 9,
    "GitLab token": "glpat-" + "x9Yz" * 5,
    "Slack token": "xoxb-123456789012-abcdefGHIJ",
    "Anthropic key": "sk-ant-api03-" + "aB3_" * 12,
    "OpenAI key": "sk-proj-" + "aB3xY9" * 8,
    "Google key": "AIza" + "Sy4-_" * 7,
    "Stripe key": "sk_live_" + "4eC39Hq" * 3,
    "npm token": "npm_" + "a1B2" * 9,
    "PyPI token": "pypi-AgEIcHlwaS5vcmc" + "C1_-" * 12,
    "Hugging Face token": "hf_" + "aBcD" * 9,
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
    "private key": PEM,
    "password": "Tr0ub4dor&3xyz",
}
CONTEXT = {"AWS secret": "aws_secret_access_key = {}", "password": 'DB_PASSWORD="{}"'}

HARMLESS = [
    "max_tokens = 32000",
    "token = parse_token2(text)",
    "password = os.environ['PASSWORD_1']",
    "api_key = self._api_key2",
    "password: your-password-123",
    "secret_name = my_secret_v2",
    "postgres://user:password@localhost/app1",
    "API_KEY=${API_KEY_1}",
    "token_url: https://auth.invalid/oauth2/token9",
    "class sk-loading-indicator-container-wide",
    "AKIAIOSFODNN7EXAMPLE",
    "-----BEGIN PRIVATE KEY----- is how such a file begins",
    "secrets: 3 found, tokens: 12,345,678, password reset on 2026-11-24",
    "access_key: AWS_ACCESS_KEY_ID_2",
    "the token is in tests/support/token2.txt: token=tests/support/token2.txt",
]

names = st.sampled_from(sorted(SECRETS))
around = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
hints = st.sampled_from(
    ["password=", "token: '", "sk-", "eyJ", "-----BEGIN PRIVATE KEY-----", "@", *SECRETS.values()]
)  # fmt: skip
mixtures = st.lists(around | hints, max_size=12).map("".join)


def written(kind: str) -> str:
    return CONTEXT.get(kind, "{}").format(SECRETS[kind])


@pytest.mark.parametrize("kind", SECRETS)
def test_each_kind_is_found_and_blacked_out(kind: str) -> None:
    text = f"before {written(kind)} after"
    assert [found.kind for found in find(text)] == [kind]
    assert SECRETS[kind] not in redact(text)
    assert redact(text).startswith("before ")
    assert redact(text).endswith(" after")


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_speaks_of_secrets_is_left_alone(text: str) -> None:
    assert find(text) == []


@given(mixtures)
def test_what_was_redacted_holds_nothing_more_to_find(text: str) -> None:
    assert find(redact(text)) == []


@given(mixtures)
def test_text_in_which_nothing_is_found_is_unchanged(text: str) -> None:
    assert (redact(text) == text) == (not find(text))


@given(around, names, around)
def test_a_secret_is_never_left_over(before: str, kind: str, after: str) -> None:
    assert SECRETS[kind] not in redact(f"{before} {written(kind)} {after}")


@given(mixtures)
def test_what_is_found_stands_in_order_and_apart(text: str) -> None:
    spans = [(found.start, found.end) for found in find(text)]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_letters_that_grow_when_lowered_do_not_shift_what_is_found() -> None:
    text = "İİİ password = 'Tr0ub4dor&3xyz' İ"
    assert redact(text) == "İİİ password = '[redacted: password]' İ"


def test_an_entry_is_flagged_with_kinds_and_numbers_and_never_the_text() -> None:
    key = SECRETS["AWS key"]
    draft = flagged(Draft(EntryKind.USER, f"{key} and {key} and {SECRETS['JWT']}"))
    assert draft.meta == {"secrets": {"AWS key": 1, "JWT": 1}}
    assert flagged(Draft(EntryKind.USER, "nothing")).meta == {}


def test_secrets_in_a_tools_input_count_by_the_name_of_their_field_too() -> None:
    call = {"type": "tool_use", "id": "1", "name": "x", "input": {"password": "Tr0ub4dor&3xyz"}}
    draft = Draft(EntryKind.ASSISTANT, "", ({"type": "text", "text": SECRETS["JWT"]}, call))
    assert count_secrets(draft) == {"JWT": 1, "password": 1}
    entry = Entry(1, draft.kind, draft.text, utc_now(), content=draft.content)
    session = Session("a", "Basket", Status.ACTIVE, utc_now(), utc_now(), notes=SECRETS["JWT"])
    known, entries = redacted(session, [entry])
    said = str(known.to_json()) + str([each.to_json() for each in entries])
    assert "Tr0ub4dor" not in said
    assert SECRETS["JWT"] not in said


def test_the_bytes_of_pictures_are_not_looked_through() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": SECRETS["AWS key"]}
    draft = Draft(EntryKind.USER, "", ({"type": "image", "source": source},))
    assert count_secrets(draft) == {}


def test_input_nested_without_end_is_looked_through() -> None:
    deep: Any = SECRETS["JWT"]
    for _ in range(5_000):
        deep = [deep]
    block = {"type": "tool_use", "input": {"deep": deep}}
    assert count_secrets(Draft(EntryKind.ASSISTANT, "", (block,))) == {"JWT": 1}


def test_a_flag_that_came_from_elsewhere_is_read_with_care() -> None:
    for flag in ({"JWT": "two"}, [1], "x", None):
        entry = Entry(1, EntryKind.USER, "", utc_now(), meta={"secrets": flag})
        assert flags_of(entry) == {}


def test_hostile_text_is_looked_through_in_time() -> None:
    for piece in ("-----BEGIN PRIVATE KEY-----", "password=", "a://b:", "sk-", "eyJ", "token" * 9):
        started = time.process_time()
        redact(piece * (200_000 // len(piece)))
        assert time.process_time() - started < 5, piece
