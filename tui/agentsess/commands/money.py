"""What the model costs, on the command line: estimates, and what a session may spend."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime

from agentsess import config
from agentsess.commands.finding import find
from agentsess.commands.output import Output
from agentsess.sessions.estimate import Estimate
from agentsess.sessions.estimate import estimate as estimated
from agentsess.sessions.recap_text import clean
from agentsess.sessions.records import one_line
from agentsess.sessions.service import SessionService
from agentsess.ui.render import format as written


def estimate(service: SessionService, args: Namespace, out: Output) -> int:
    """`estimate`: what going on with a session would carry and cost."""
    session = find(service, args.id, out)
    model = args.model or session.model or config.load_settings(config.data_home()).model
    going = estimated(service, session.id, model, datetime.now(UTC))
    if out.as_json:
        out.json(going.to_json())
        return 0
    window = f"{written.tokens(going.window)} tokens" if going.window else "unknown"
    out.line(f"{'Model':<12} {one_line(clean(going.model))} (context window: {window})")
    for name, way in (
        ("As it is", going.full),
        ("Compacted", going.compacted),
        ("New phase", going.new_phase),
    ):
        out.line(f"{name:<12} {_way(way)}")
    return 0


def set_limits(service: SessionService, session_id: str, args: Namespace) -> None:
    """Give a session the limits that a command line names; the others stay as they are."""
    given = {name: getattr(args, name) for name in ("budget_usd", "max_tokens_total")}
    if fields := {name: value for name, value in given.items() if value is not None}:
        service.update(session_id, **fields)


def _way(way: Estimate) -> str:
    tokens = f"about {written.tokens(way.tokens)} tokens"
    if way.usd is None:
        return f"{tokens}, price unknown"
    cache = f"cached; {written.dollars(way.cold_usd)} later" if way.is_warm else "not cached"
    return f"{tokens}, {written.dollars(way.usd)} ({cache})"
