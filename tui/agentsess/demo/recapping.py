"""The scripted model as a writer of recaps: it puts the facts it is shown into other words."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from agentsess.model import JsonObject

_LISTS = ("done", "in_progress", "next", "decisions", "questions", "blockers")


def recap_for(request: JsonObject) -> str | None:
    """The recap as JSON, for a request that wants one; None for any other."""
    config = request.get("output_config")
    content = request["messages"][-1].get("content")
    if not isinstance(config, dict) or not isinstance(content, str):
        return None
    facts: JsonObject | None = None
    for line in content.split("\n"):
        with suppress(msgspec.DecodeError, msgspec.ValidationError):
            facts = msgspec.json.decode(line, type=JsonObject)
            break
    if facts is None:
        return None
    evidence = facts.get("evidence", {})

    def lines(name: str) -> list[JsonObject]:
        numbers = evidence.get(name, [])
        return [
            {"text": text, "entries": numbers[at]} for at, text in enumerate(facts.get(name, []))
        ]

    parts: JsonObject = {name: lines(name) for name in _LISTS}
    done, coming = len(parts["done"]), parts["next"]
    following = f" Next: {coming[0]['text']}." if coming else ""
    headline = f"Work goes on well.{following}" if done else f"A beginning is made.{following}"
    goal = {"text": str(facts.get("goal") or ""), "entries": evidence.get("goal", [])}
    return msgspec.json.encode({"headline": headline, "goal": goal, **parts}).decode()
