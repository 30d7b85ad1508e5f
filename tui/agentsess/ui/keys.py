"""The keys of the main screen, in one table: bindings, help and README are made from it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the main screen."""

    id: str
    """Stable name, by which a keymap can move it."""
    keys: str
    """Comma-separated Textual key names."""
    action: str
    label: str
    """For the footer and the palette."""
    help: str
    group: str
    footer: bool = False
    everywhere: bool = False
    """Works while typing too."""

    @property
    def binding(self) -> Binding:
        """As Textual wants it."""
        return Binding(
            self.keys, self.action, self.label, show=self.footer, tooltip=self.help, id=self.id,
            priority=self.everywhere,
        )  # fmt: skip


_WORK, _TIDY, _FIND, _VIEW, _APP = "Work", "Keep in order", "Find", "View", "Program"

KEYS = (
    Key("session.new", "ctrl+n", "new", "New", "start a session in this folder", _WORK,
        footer=True, everywhere=True),
    Key("session.resume", "c", "resume", "Resume", "where it stands, then the prompt", _WORK,
        footer=True),
    Key("session.pause", "p", "pause", "Pause", "mark as paused", _WORK, footer=True),
    Key("session.complete", "x", "complete", "Complete", "mark as completed", _WORK),
    Key("session.recap", "w", "recap", "Recap", "where it stands, without resuming", _WORK),
    Key("session.fork", "f", "fork", "Fork", "go another way from here, in a new session", _WORK),
    Key("session.related", "o", "related", "Related",
        "go to what it came from, or what goes on from it", _WORK),
    Key("session.snapshots", "S", "snapshots", "Snapshots",
        "named points: take one, go back, fork, compare", _WORK),
    Key("session.room", "C", "make_room", "Make room",
        "the conversation is long: compact it, or begin a new phase", _WORK),
    Key("session.model", "m", "model", "Model", "switch to another model", _WORK),
    Key("session.limits", "b", "limits", "Budget", "what it may cost before a run asks", _WORK),
    Key("run.stop", "ctrl+c", "stop", "Stop", "copy the selection, else stop what runs", _WORK,
        everywhere=True),
    Key("prompt.focus", "ctrl+l,i", "prompt", "Prompt", "go to the prompt", _WORK),
    Key("prompt.editor", "f4", "edit_prompt", "Editor", "write the prompt in $EDITOR", _WORK,
        everywhere=True),
    Key("session.rename", "r,f6", "rename", "Rename", "give it a title", _TIDY),
    Key("session.note", "n", "note", "Note", "write a note", _TIDY),
    Key("session.tag", "t", "tag", "Tag", "add tags; -tag takes one off", _TIDY),
    Key("session.archive", "a", "archive", "Archive", "archive, or unarchive", _TIDY,
        footer=True),
    Key("session.trash", "d,delete", "trash", "Trash", "move to the trash", _TIDY, footer=True),
    Key("session.restore", "U", "restore", "Restore", "take out of the trash", _TIDY),
    Key("session.purge", "D", "purge", "Delete", "delete for good, after a question", _TIDY),
    Key("sessions.prune", "P", "prune", "Prune", "clear out by rule, shown before it is done",
        _TIDY),
    Key("trash.empty", "E", "empty_trash", "Empty trash",
        "delete for good what is in the trash for over 30 days", _TIDY),
    Key("permissions", "M", "permissions", "Permissions",
        "what tools may do without a question", _TIDY),
    Key("undo", "z,u", "undo", "Undo", "take the last change back", _TIDY, footer=True),
    Key("redo", "Z", "redo", "Redo", "make it again", _TIDY),
    Key("session.export", "e", "export", "Export", "write it to a Markdown file here", _TIDY),
    Key("session.copy-id", "y", "copy_id", "Copy id", "copy the session's id", _TIDY),
    Key("session.copy", "Y", "copy_all", "Copy all", "copy the conversation as Markdown", _TIDY),
    Key("filter", "slash", "filter", "Filter", "filter as you type, by text or status:paused",
        _FIND, footer=True),
    Key("session.next", "right_square_bracket", "step(1)", "Next", "open the next session",
        _FIND),
    Key("session.previous", "left_square_bracket", "step(-1)", "Previous",
        "open the session before", _FIND),
    Key("session.attention", "ctrl+g", "attention", "Needs you",
        "go to the next session that waits for you or failed", _FIND, everywhere=True),
    Key("sort", "s", "sort", "Sort", "by activity, start, title, size or cost", _FIND),
    Key("view.trash", "T", "show_trash", "Show trash", "list the trash, or leave it", _FIND),
    Key("view.reload", "R,f5", "reload", "Reload", "look at the disk again", _FIND),
    Key("pane.sessions", "1", "focus_pane('sessions')", "Sessions", "go to the sessions", _VIEW),
    Key("pane.chat", "2", "focus_pane('chat')", "Chat", "go to the conversation", _VIEW),
    Key("pane.details", "3", "focus_pane('details')", "Details", "go to the details", _VIEW),
    Key("view.sidebar", "ctrl+b", "toggle_sidebar", "Sidebar", "show or hide the sessions",
        _VIEW, everywhere=True),
    Key("view.details", "f2", "toggle_details", "Details", "show or hide the details", _VIEW,
        everywhere=True),
    Key("view.zoom", "plus", "zoom", "Zoom", "give the whole screen to this pane", _VIEW),
    Key("help", "f1,question_mark", "help", "Help", "these keys", _APP, footer=True),
    Key("palette", "colon", "palette", "Palette", "all commands, themes too (also ctrl+p)", _APP),
    Key("suspend", "ctrl+z", "suspend", "Suspend", "to the shell; fg comes back", _APP),
    Key("back", "escape", "back", "Back", "out of where you are, one step", _APP),
    Key("quit", "q,ctrl+q", "quit_app", "Quit", "leave; what runs is stopped and kept", _APP),
)  # fmt: skip

_NAMES = {
    "slash": "/", "question_mark": "?", "plus": "+", "colon": ":", "right_square_bracket": "]",
    "left_square_bracket": "[", "escape": "esc",
}  # fmt: skip


def shown_keys(keys: str) -> str:
    """Keys as people write them: ``slash`` is ``/``."""
    return " ".join(_NAMES.get(key, key) for key in keys.split(","))


PANE_KEYS = (
    ("Sessions", (
        ("j k ↓ ↑ g G", "move"),
        ("enter l", "open: read, change nothing"),
        ("space", "mark and move down; keys above then act on all marked"),
        ("v shift+↓ ↑", "mark a range"),
    )),
    ("Conversation", (
        ("j k ctrl+d ctrl+u g G", "scroll"),
        ("J K", "next, previous message"),
        ("space", "unfold a tool call or thinking"),
        ("/ n N", "search, next match, match before"),
        ("y", "copy the message"),
    )),
    ("Where things stand", (
        ("enter c", "take the first way to go on"),
        ("m n h", "compact first, a new phase, continue here: where they are offered"),
        ("esc", "only read: nothing is changed"),
        ("↑ ↓ enter →", "choose a line, and go to the entry it came from"),
        ("t", "tell the model what changed since, or do not"),
        ("e", "put it into your own words"),
        ("W", "have a model write it, after saying what that costs"),
        ("a", "show all there is"),
    )),
    ("Prompt", (
        ("enter", "send"),
        ("ctrl+j", "new line"),
        ("↑ ↓", "earlier and later prompts"),
        ("tab", "take the message that is proposed"),
        ("@file.png", "on a line of its own: show this image or PDF"),
        ("esc", "leave it; while the model works: stop"),
        ("shift+tab", "leave it, and let the model work on"),
    )),
    ("When a tool asks", (
        ("y", "allow once"),
        ("a", "allow this tool for this session"),
        ("A", "always or never in this folder: then a number"),
        ("n esc", "deny"),
        ("N", "deny, and say why"),
    )),
    ("When a run comes to a limit", (
        ("a letter", "the way on that it stands before"),
        ("esc", "the first of them"),
    )),
)  # fmt: skip
