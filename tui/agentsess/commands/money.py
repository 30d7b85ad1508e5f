"""Money and models on the command line: estimates, limits, which models there are."""

from __future__ import annotations

import asyncio
from argparse import Namespace

from agentsess import config
from agentsess.agent.models import KnownModel, Models
from agentsess.commands.finding import find
from agentsess.commands.output import Output, WrongUsage, named, safe_line
from agentsess.errors import AgentError
from agentsess.model import JsonObject, utc_now
from agentsess.sessions.estimate import Estimate
from agentsess.sessions.estimate import estimate as estimated
from agentsess.sessions.pricing import is_priced
from agentsess.sessions.records import checked_tags
from agentsess.sessions.service import SessionService
from agentsess.ui.render import format as written

_WORDS = {
    "model": "a new model",
    "budget_usd": "a new budget",
    "max_tokens_total": "a new limit of tokens",
    "title": "a new title",
    "notes": "new notes",
    "tags": "new tags",
}


def estimate(service: SessionService, args: Namespace, out: Output) -> int:
    """`estimate`: what going on with a session would carry and cost."""
    session = find(service, args.id, out)
    model = args.model or session.model or config.load_settings(config.data_home()).model
    going = estimated(service, session.id, model, utc_now())
    if out.as_json:
        out.json(going.to_json())
        return 0
    window = f"{written.tokens(going.window)} tokens" if going.window else "unknown"
    out.line(f"{'Model':<12} {safe_line(going.model)} (context window: {window})")
    for name, way in (
        ("As it is", going.full),
        ("Compacted", going.compacted),
        ("New phase", going.new_phase),
    ):
        out.line(f"{name:<12} {_way(way)}")
    return 0


def models(service: SessionService, args: Namespace, out: Output) -> int:
    """`models`: those that can be asked, what they cost and which retire."""
    known = Models(config.data_home() / "cache" / "models.json")
    try:
        listed = asyncio.run(known.fetch())
    except AgentError as error:
        listed = known.known()
        out.note(safe_line(f"Not asked just now: {error}"))
    if out.as_json:
        out.json(
            {
                "server": listed.server or None,
                "at": listed.at.isoformat() if listed.at else None,
                "models": [model.to_json() for model in listed.models],
            }
        )
        return 0
    out.table([_row(model) for model in listed.models])
    return 0


def _row(model: KnownModel) -> list[str]:
    name = safe_line(model.name)
    window = f"{written.tokens(model.window)} tokens" if model.window else "window unknown"
    price = "price unknown"
    if model.rates:
        into, out_of = written.dollars(model.rates.input), written.dollars(model.rates.output)
        price = f"{into} in, {out_of} out"
    leaving = model.retirement
    end = f"{leaving.text(utc_now().date())} {leaving.way_out}" if leaving else ""
    return [name, window, price, end]


def set_(service: SessionService, args: Namespace, out: Output) -> int:
    """`set`: what a session is called, its notes, tags, model and limits."""
    session = find(service, args.id, out)
    fields = _given(args, "model", "budget_usd", "max_tokens_total")
    said = {"title": args.title, "notes": args.notes}
    fields |= {name: text for name, text in said.items() if text is not None}
    if args.tag or args.untag:
        gone = checked_tags(args.untag)
        fields["tags"] = [
            tag for tag in checked_tags([*session.tags, *args.tag]) if tag not in gone
        ]
    if not fields:
        raise WrongUsage(
            "Say what to set: --title, --notes, --tag, --model, --budget-usd and so on."
        )
    after = service.update(session.id, **fields)
    if out.as_json:
        out.json(after.to_json())
    else:
        out.line(f"{named(after)} has {' and '.join(_WORDS[name] for name in fields)}.")
    if after.budget_usd and after.model and not is_priced(after.model):
        out.note(
            f"The price of {safe_line(after.model)} is not known: a budget of dollars "
            "cannot be held. --max-tokens-total can."
        )
    return 0


def set_limits(service: SessionService, session_id: str, args: Namespace) -> None:
    """Give a session the limits that a command line names; the others stay as they are."""
    if fields := _given(args, "budget_usd", "max_tokens_total"):
        service.update(session_id, **fields)


def _given(args: Namespace, *names: str) -> JsonObject:
    values = {name: getattr(args, name) for name in names}
    return {
        name: None if value == "none" else value
        for name, value in values.items()
        if value is not None
    }


def _way(way: Estimate) -> str:
    tokens = f"about {written.tokens(way.tokens)} tokens"
    if way.usd is None:
        return f"{tokens}, price unknown"
    cache = f"cached; {written.dollars(way.cold_usd)} later" if way.is_warm else "not cached"
    return f"{tokens}, {written.dollars(way.usd)} ({cache})"
