"""Snapshots, forks and going back, from the main screen."""

from __future__ import annotations

from functools import partial

from textual import work
from textual.content import Content

from agentsess.model import Comparison, EntryKind, Session, Snapshot, utc_now
from agentsess.ui.render.format import count, long_age
from agentsess.ui.render.text import MUTED, one_line
from agentsess.ui.screens.base import Panes, telling_errors
from agentsess.ui.screens.dialogs import AskText, Choice, Choose
from agentsess.ui.screens.snapshots import Chosen, ComparisonScreen, SnapshotsScreen

_MOST_ENTRIES = 200
_LETTERS = "abcdefghilmnopqrstuvwxyz"
"""Keys of choices; j and k move among them."""


class Branches(Panes):
    """The part of the main screen that goes other ways from a point of a session."""

    def action_fork(self) -> None:
        """Fork a session: at the message under the cursor in the chat, else at its end."""
        if session := self.chosen_one():
            entry = self.chat.transcript.cursor_entry if self.chat.transcript.has_focus else None
            self.fork(session, entry.seq if entry else None)

    @work(group="change")
    @telling_errors
    async def fork(self, session: Session, at: int | None) -> None:
        """Make the fork and open it."""
        service = self.app.service
        make = service.branches.fork if session.is_own else service.continue_here
        made = await self.at_length(partial(make, session.id, at))
        await self.show_session(made.id)
        self.reload(made.id)
        self.tell(f"This is “{one_line(made.title, 60)}”; the other stays as it is.")

    def action_snapshots(self) -> None:
        """Show a session's snapshots."""
        if session := self.chosen_one():
            self.show_snapshots(session)

    @work(group="change")
    @telling_errors
    async def show_snapshots(self, session: Session) -> None:
        """List the snapshots and do what the user picks."""
        if not session.is_own:
            self.tell("Its history is another program's: f forks it into one of ours.", error=True)
            return
        taken = await self.app.aside(self.app.service.branches.snapshots, session.id)
        self.app.push_screen(
            SnapshotsScreen(session, taken), lambda chosen: self._chosen(session, chosen)
        )

    def _chosen(self, session: Session, chosen: Chosen | None) -> None:
        match chosen:
            case Chosen("take"):
                self.app.push_screen(
                    AskText("A name for this point", hint="It may stay empty."),
                    lambda name: self._take(session, name),
                )
            case Chosen("rewind", Snapshot() as snapshot):
                self.rewind(session, snapshot)
            case Chosen("fork", Snapshot() as snapshot):
                self.fork(session, snapshot.seq)
            case Chosen("compare", Snapshot() as snapshot):
                self.compare(session, snapshot)

    def _take(self, session: Session, name: str | None) -> None:
        if name is not None:
            self.take_snapshot(session, name)

    @work(group="change")
    @telling_errors
    async def take_snapshot(self, session: Session, name: str) -> None:
        """Name the point where the session is."""
        taken = await self.app.aside(self.app.service.branches.snapshot, session.id, name)
        self.tell(f"Snapshot “{one_line(taken.name, 60)}” at entry {taken.seq:,}.")

    @work(group="change")
    @telling_errors
    async def rewind(self, session: Session, snapshot: Snapshot) -> None:
        """Go back; what came after goes on in a branch, so nothing needs to be asked."""
        branch = await self.app.aside(self.app.service.branches.rewind, snapshot)
        await self.show_session(session.id)
        self.reload(session.id)
        self.tell(f"Back at entry {snapshot.seq:,}. The rest is in “{one_line(branch.title, 60)}”.")

    def action_related(self) -> None:
        """Show what a session came from and what goes on from it, to go there."""
        if session := self.chosen_one():
            self.show_related(session)

    @work(group="change")
    @telling_errors
    async def show_related(self, session: Session) -> None:
        """List the sessions that a session is connected with; picking one opens it."""
        lineage = await self.app.aside(self.app.service.branches.lineage, session.id)
        ancestors, children = lineage
        related = [("before", each) for each in reversed(ancestors)]
        related += [("after", each) for each in children]
        if not related:
            self.tell("It came from no other session, and none goes on from it.")
            return
        named = dict(zip(_LETTERS, related, strict=False))
        now = utc_now()
        choices = [
            Choice(
                key,
                one_line(each.title, 52),
                f"{where} · {each.status} · {long_age(each.updated_at, now)}",
            )
            for key, (where, each) in named.items()
        ]
        self.app.push_screen(
            Choose("Related sessions", "", choices),
            lambda key: self._go_to(named[key][1]) if key else None,
        )

    def _go_to(self, session: Session) -> None:
        self.draft_folder, self.coming = "", session.id
        self.open(session.id, go_there=True)
        self.sessions.highlight(session.id)

    @work(group="change")
    @telling_errors
    async def compare(self, session: Session, snapshot: Snapshot) -> None:
        """Show what came after a snapshot."""
        branches = self.app.service.branches
        compared = await self.app.aside(
            branches.compare, session.id, snapshot.seq, session.entry_count
        )
        title = f"Since {one_line(snapshot.name, 50)}"
        self.app.push_screen(ComparisonScreen(title, _comparison(compared)))


def _comparison(compared: Comparison) -> Content:
    lines = [Content.styled(count(len(compared.entries), "entry", "entries"), "bold")]
    lines += [
        Content.styled(f"{'+' if f.action == 'created' else '~'} ", "$text-warning")
        + Content(one_line(f.path, 80))
        for f in compared.files
    ]
    lines += [
        Content.styled("✓ " if c.outcome == "passed" else "✗ " if c.outcome == "failed" else "· ")
        + Content(one_line(c.command, 80))
        for c in compared.commands
    ]
    for entry in compared.entries[:_MOST_ENTRIES]:
        if entry.kind in (EntryKind.USER, EntryKind.ASSISTANT) and entry.text.strip():
            who = "You" if entry.kind is EntryKind.USER else entry.author or "Agent"
            lines.append(Content.styled(f"{who}: ", MUTED) + Content(one_line(entry.text, 200)))
    return Content("\n").join(lines)
