"""`recap`: where one session stands, or what was done in all of them since a moment."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Iterator, Sequence
from datetime import datetime

from agentsess import config
from agentsess.commands.finding import find
from agentsess.commands.output import Output, WrongUsage, json_array, safe_line, short_ids
from agentsess.errors import AgentError, InvalidSession
from agentsess.model import Session, utc_now
from agentsess.sessions.recap.wording import inert, recap_markdown
from agentsess.sessions.records import one_line
from agentsess.sessions.service import SessionService
from agentsess.sessions.standup import Report, parse_since, reports
from agentsess.ui.render import format as written

_MOST = 6
NOT_WRITTEN = 5
"""Exit code: the model could not be asked, or what it wrote is of no use."""


def recap(service: SessionService, args: Namespace, out: Output) -> int:
    """`recap`: one session's, or with ``--since`` the stand-up report."""
    if args.since is not None:
        if args.id is not None or args.write:
            raise WrongUsage("--since reports on all sessions: no ID and no --write with it.")
        return _standup(service, args, out)
    if args.id is None:
        raise WrongUsage("Say which session, or --since yesterday for a report on all.")
    if args.project:
        raise WrongUsage("--project goes with --since.")
    session = find(service, args.id, out)
    code = _write(service, session, out) if args.write else 0
    made = service.recap(session.id)
    if out.as_json:
        out.json(made.to_json())
    else:
        out.text(recap_markdown(made, session, utc_now()))
    return code


def _write(service: SessionService, session: Session, out: Output) -> int:
    """Have a model write it first. If that fails the one from the history is printed."""
    from agentsess.agent.recap_writer import RecapWriter  # what it needs is slow to load

    writer = RecapWriter(service, config.data_home())
    try:
        plan = writer.plan(session.id)
        cost = f", for at most {written.dollars(max(plan.most_usd, 0.01))}" if plan.most_usd else ""
        out.note(f"{plan.model} is shown about {written.tokens(plan.tokens)} tokens{cost}.")
        asyncio.run(writer.write(session.id))
    except (AgentError, InvalidSession) as error:
        out.note(f"Not written by a model: {error}")
        return NOT_WRITTEN
    return 0


def _standup(service: SessionService, args: Namespace, out: Output) -> int:
    since = parse_since(args.since)
    service.refresh(out.progress)
    found: list[Report] = []
    for each in reports(service, since, args.project):
        if isinstance(each, Report):
            found.append(each)
        else:
            session, error = each
            out.note(f"Left out {session.id[:8]}: {error}")
    if out.as_json:
        out.pieces(json_array(report.to_json() for report in found))
    elif args.markdown:
        out.text("\n".join(_markdown(found, since)) + "\n")
    elif not found:
        out.note("Nothing was done since then.")
    else:
        _print(found, out)
    return 0


def _print(found: Sequence[Report], out: Output) -> None:
    now = utc_now()
    short = short_ids([report.session for report in found])
    project: str | None = None
    for report in found:
        session = report.session
        if session.project != project:
            out.line(("" if project is None else "\n") + out.styled(_project(session), "1;4"))
            project = session.project
        facts = [
            str(session.status),
            written.long_age(session.updated_at, now),
            written.count(report.messages, "message"),
            written.dollars(report.cost_usd),
        ]
        title = out.styled(safe_line(session.title), "1")
        out.line(f"\n  {title}  {out.styled(short[session.id], '2')}")
        out.line(out.styled(f"  {' · '.join(facts)}", "2"))
        out.line(f"  {safe_line(report.recap.headline)}")
        for _, glyph, texts in _parts(report):
            for text in texts[:_MOST]:
                out.line(f"    {glyph} {safe_line(text)}")
            if len(texts) > _MOST:
                out.line(out.styled(f"    … {len(texts) - _MOST} more", "2"))


def _markdown(found: Sequence[Report], since: datetime) -> Iterator[str]:
    now = utc_now()
    yield f"# Since {written.day(since, now)}, {written.clock(since)}"
    if not found:
        yield "\nNothing was done since then."
    project: str | None = None
    for report in found:
        session = report.session
        if session.project != project:
            yield f"\n## {inert(_project(session))}"
            project = session.project
        yield f"\n### {inert(one_line(session.title))}"
        yield f"\n{inert(one_line(report.recap.headline))}\n"
        for name, _, texts in _parts(report):
            for text in texts:
                yield f"- **{name}:** {inert(one_line(text))}"
        cost = written.dollars(report.cost_usd).replace("<", "under ")
        yield f"- {written.count(report.messages, 'message')}, cost: {cost}"


def _parts(report: Report) -> Iterator[tuple[str, str, list[str]]]:
    """What a report lists: a name, a glyph, the texts."""
    recap = report.recap
    for name, glyph, facts in (
        ("Done", "✓", report.done),
        ("In progress", "◐", recap.in_progress),
        ("Next", "→", recap.next),
        ("Question", "?", recap.questions),
        ("Blocker", "✗", recap.blockers),
    ):
        if facts:
            yield name, glyph, [fact.text for fact in facts]


def _project(session: Session) -> str:
    return safe_line(session.project_name) or "No project"
