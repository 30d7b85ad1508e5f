"""What the keys do to sessions: each change in a worker, told and undoable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from textual import work

from agentsess.errors import AgentsessError, InvalidSession, Stopped
from agentsess.model import Session, Status, utc_now
from agentsess.sessions.export import export_markdown
from agentsess.sessions.fields import counted
from agentsess.sessions.secrets import count_secrets, redacted
from agentsess.ui.render.text import one_line
from agentsess.ui.screens.base import Panes, telling_errors
from agentsess.ui.screens.dialogs import AskNote, AskText, Choice, Choose, Confirm

_SECRETS = "The conversation holds text that looks like keys or passwords."
_WITH_SECRETS = (
    Choice("b", "Black it out", "in the file; the session stays as it is"),
    Choice("w", "Write it as it is"),
)


class SessionActions(Panes):
    """Actions of the main screen that change sessions.

    In the list they are for the marked sessions, else the one under the cursor; in the
    other panes for the session in view.
    """

    # -- which sessions

    def chosen(self) -> list[Session]:
        """What an action is for."""
        if self.sessions.has_focus or self.sessions.marked_ids:
            return self.sessions.chosen
        return [self.chat.session] if self.chat.session else self.sessions.chosen

    def chosen_one(self) -> Session | None:
        """What an action on a single session is for; says so if there is none."""
        chosen = self.chosen()
        if not chosen:
            self.tell("No session is chosen.", error=True)
        return chosen[0] if chosen else None

    def tell(self, text: str, *, error: bool = False) -> None:
        """Show a short message."""
        self.notify(one_line(text, 240), severity="error" if error else "information", markup=False)

    @work(group="change")
    async def change(self, what: Callable[[], object], said: str = "", also: str = "") -> None:
        """Make a change in the background, say so and what else can be done, and show it."""
        try:
            await self.at_length(what)
        except AgentsessError as error:
            self._not_done(error)
            return
        if said:
            self.tell(f"{said}. {also}z undoes it.")
        self.sessions.clear_marks()
        self.reload()

    def _not_done(self, error: AgentsessError) -> None:
        """Say what hindered a change; some sessions may have been changed before."""
        self.tell(str(error), error=not isinstance(error, Stopped))
        self.reload()

    def _all(self, done: str, change: Callable[[Sequence[str]], object], also: str = "") -> None:
        """Make one change to all chosen sessions, in one step."""
        chosen = self.chosen()
        if chosen:
            ids = [session.id for session in chosen]
            self.change(lambda: change(ids), f"{done} {_named(chosen)}", also)

    # -- work

    def action_new(self) -> None:
        """Begin a new session; it is stored with its first prompt."""
        self.draft_folder, self.draft_model, self.coming = self.app.folder, "", ""
        self.chat.show_nothing(self.draft_folder)
        self.details.show(None, utc_now())
        self.action_prompt()

    def action_pause(self) -> None:
        """Mark as paused; a run is stopped first."""
        only = chosen[0] if len(chosen := self.chosen()) == 1 else None
        self._set_status(Status.PAUSED, "Paused", "n notes what to remember, " if only else "")
        if only:
            if self._in_view(only.id):
                # so that n is what is said: it begins a phase on the card, goes on in a search
                self.chat.hide_recap()
                self.chat.transcript.find("")
            if self.app.writes_recaps():
                self.write_when_stopped(only)

    @work(group="change")
    async def write_when_stopped(self, session: Session) -> None:
        """Have the recap written once the run is over: what it says at its end counts too."""
        await self.stop_run(session.id).wait()
        self.write_recap(session)

    def action_complete(self) -> None:
        """Mark as completed; a run is stopped first."""
        self._set_status(Status.COMPLETED, "Completed")

    def _set_status(self, status: Status, done: str, also: str = "") -> None:
        for session in self.chosen():
            self.stop_run(session.id)
        self._all(done, lambda ids: self.app.service.set_status(ids, status), also)

    @work(group="stop")
    async def stop_run(self, session_id: str) -> None:
        """Interrupt the run in a session, if there is one."""
        if await self.app.runs.stop(session_id):
            self.tell("Stopped. What was said is kept.")

    def action_stop(self) -> None:
        """Copy the selection; else stop long work, or the run in view; else say how to quit."""
        if selected := self.get_selected_text():
            self.app.copy_to_clipboard(selected)
            self.clear_selection()
            self.tell("Copied.")
        elif self.stop_long_work():
            return
        elif self.chat.session and self.app.runs.is_working(self.chat.session.id):
            self.stop_run(self.chat.session.id)
        else:
            self.tell("q or ctrl+q leaves.")

    # -- keeping in order

    def action_rename(self) -> None:
        """Give a session a title."""
        if session := self.chosen_one():
            self.app.push_screen(
                AskText("Rename", session.title),
                lambda title: self._update(session, "Renamed", title=title),
            )

    def action_note(self) -> None:
        """Write a note."""
        if session := self.chosen_one():
            self.app.push_screen(
                AskNote(f"Note on {one_line(session.title, 40)}", session.notes),
                lambda notes: self._update(session, "Noted", notes=notes),
            )

    def _update(self, session: Session, done: str, **fields: str | None) -> None:
        if None not in fields.values():
            service = self.app.service
            self.change(lambda: service.update(session.id, **fields), f"{done} {_named([session])}")

    def action_tag(self) -> None:
        """Add tags to sessions, or take tags off."""
        if chosen := self.chosen():
            has = ", ".join(dict.fromkeys(tag for s in chosen for tag in s.tags))
            among = "Now" if len(chosen) == 1 else "Among them"
            hint = f"{among}: {one_line(has, 50)}" if has else ""
            self.app.push_screen(
                AskText("Tags to add; -tag takes one off", hint=hint),
                lambda text: self._tag(chosen, text),
            )

    def _tag(self, chosen: list[Session], text: str | None) -> None:
        words = (text or "").replace(",", " ").split()
        added = [word for word in words if not word.startswith("-")]
        removed = [word[1:].lstrip("#") for word in words if word.startswith("-")]
        if words:
            ids = [session.id for session in chosen]
            self.change(
                lambda: self.app.service.change_tags(ids, added, removed),
                f"Tagged {_named(chosen)}",
            )

    def action_archive(self) -> None:
        """Archive; or unarchive if all that are chosen are archived."""
        chosen = self.chosen()
        service = self.app.service
        if chosen and all(session.status is Status.ARCHIVED for session in chosen):
            self._all("Unarchived", lambda ids: service.unarchive(*ids))
        else:
            self._archive(chosen)

    @work(group="change")
    async def _archive(self, chosen: list[Session]) -> None:
        """Archive once the runs are over: what is in use cannot be packed."""
        for session in chosen:
            await self.stop_run(session.id).wait()
        ids = [session.id for session in chosen]
        if chosen:
            self.change(
                lambda: self.app.service.set_status(ids, Status.ARCHIVED),
                f"Archived {_named(chosen)}",
            )

    def action_trash(self) -> None:
        """Move to the trash."""
        for session in self.chosen():
            if self.app.runs.is_working(session.id):
                self.tell("The model is still at work there: esc stops it first.", error=True)
                return
        foreign = [session for session in self.chosen() if not session.is_own]
        done = "Hid (its file stays)" if foreign else "Moved to the trash:"
        self._all(done, self.app.service.trash)

    def action_restore(self) -> None:
        """Take out of the trash."""
        self._all("Restored", self.app.service.restore)

    def action_purge(self) -> None:
        """Delete for good, after a question."""
        if chosen := self.chosen():
            self.purge(chosen)

    @work(group="purge")
    async def purge(self, chosen: Sequence[Session]) -> None:
        """Ask, then delete. Of another program's session only the last copy can go."""
        ids = [session.id for session in chosen]
        try:
            await self.app.aside(self.app.service.bin.may_purge, ids)
        except AgentsessError as error:
            hides = " d hides it." if isinstance(error, InvalidSession) else ""
            self.tell(f"{error}{hides}", error=True)
            return
        copies = [session for session in chosen if not session.is_own]
        last = "\nNothing else is left of what another program kept." if copies else ""
        question = Confirm(
            "Delete for good",
            f"{_named(chosen)}. This cannot be undone.{last}",
            f"Delete {counted(chosen)} for good",
        )
        if await self.app.push_screen_wait(question):
            self.change(lambda: self.app.service.purge(ids))

    def action_undo(self) -> None:
        """Take the last change back."""
        self._take_back(self.app.service.undo, "Undone")

    def action_redo(self) -> None:
        """Make it again."""
        self._take_back(self.app.service.redo, "Done again")

    @work(group="change")
    async def _take_back(self, how: Callable[[], str | None], said: str) -> None:
        try:
            label = await self.at_length(how)
        except AgentsessError as error:
            self._not_done(error)
            return
        self.tell(f"{said}: {label}." if label else "Nothing to take back.")
        self.reload()

    def action_export(self) -> None:
        """Write a session to a Markdown file in the current folder."""
        if session := self.chosen_one():
            self.export(session)

    @work(group="export")
    async def export(self, session: Session) -> None:
        """Write the file, never over another one; ask first if secrets would be in it."""
        service = self.app.service

        def count() -> int:
            return sum(len(count_secrets(entry)) for entry in service.entries(session.id))

        def write(redact: bool) -> Path:
            path = _free_path(Path(self.app.folder), session)
            shown, entries = session, service.entries(session.id)
            if redact:
                shown, entries = redacted(shown, entries)
            try:
                with path.open("x", encoding="utf-8") as file:
                    for part in export_markdown(shown, entries):
                        file.write(part)
            except BaseException:
                path.unlink(missing_ok=True)  # half a document is none
                raise
            return path

        try:
            redact = False
            if await self.app.aside(count):
                key = await self.app.push_screen_wait(Choose("Export", _SECRETS, _WITH_SECRETS))
                if key is None:
                    return
                redact = key == "b"
            path = await self.app.aside(write, redact)
        except (AgentsessError, OSError) as error:
            self.tell(f"Cannot export: {error}", error=True)
            return
        self.tell(f"Written to {path}.")

    def action_copy_id(self) -> None:
        """Copy the session's id."""
        if session := self.chosen_one():
            self.app.copy_to_clipboard(session.id)
            self.tell(f"Copied {session.id}.")

    def action_copy_all(self) -> None:
        """Copy the whole conversation as Markdown."""
        if session := self.chosen_one():
            self.copy_all(session)

    @work(group="export")
    @telling_errors
    async def copy_all(self, session: Session) -> None:
        """Read the conversation and copy it."""
        service = self.app.service

        def read() -> str:
            return "".join(export_markdown(session, service.entries(session.id)))

        text = await self.app.aside(read)
        self.app.copy_to_clipboard(text)
        self.tell(f"Copied {len(text):,} characters.")


def _named(chosen: Sequence[Session]) -> str:
    return f"“{one_line(chosen[0].title, 40)}”" if len(chosen) == 1 else counted(chosen)


def _free_path(folder: Path, session: Session) -> Path:
    letters = "".join(c if c.isalnum() else "-" for c in session.title.lower())
    stem = "-".join(part for part in letters.split("-") if part)[:60] or session.id[:8]
    path, number = folder / f"{stem}.md", 2
    while path.exists():
        path, number = folder / f"{stem}-{number}.md", number + 1
    return path
