"""What a recap says is in progress, by what was tried, said and left."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agentsess.model import Fact
from agentsess.sessions.recap.building import build_recap
from support.transcripts import Transcript

pytestmark = pytest.mark.usefixtures("by_rules_alone")

DENIED = "The user doesn't want to proceed with this tool use. The tool use was rejected."


def texts(facts: Sequence[Fact]) -> list[str]:
    return [fact.text for fact in facts]


def test_what_a_command_failed_at_stays_in_progress_while_it_is_only_talked_of() -> None:
    t = Transcript()
    t.user("Export the minutes as PDF/A, please.")
    t.bash("pandoc minutes.md --pdf-engine=weasyprint", "unrecognized arguments", error=True)
    t.bash("weasyprint --version", "WeasyPrint version 51.0")
    t.say("That version is too old for PDF/A.")
    t.user("The archive has to say whether another format will do.")
    t.say("Good.")
    found = texts(build_recap(t.entries, t.session).in_progress)
    assert found == [
        "Export the minutes as PDF/A, please (pandoc minutes.md --pdf-engine=weasyprint)"
    ]


def test_what_a_command_failed_at_is_over_when_it_runs_or_something_is_changed() -> None:
    for changed in (True, False):
        t = Transcript()
        t.user("Print the place cards, please.")
        t.bash("python cards.py --all", "OSError: cannot open resource", error=True)
        if changed:
            t.edit("cards.py")
        else:
            t.bash("python cards.py", "54 cards")
        t.say("There they are.")
        assert build_recap(t.entries, t.session).in_progress == ()


def test_what_a_refused_command_was_for_stays_in_progress() -> None:
    t = Transcript()
    t.user("Restart the mail server, please.")
    t.bash("systemctl restart postfix", DENIED, error=True)
    t.say("Understood.")
    found = texts(build_recap(t.entries, t.session).in_progress)
    assert found == ["Restart the mail server, please (systemctl restart postfix)"]


def test_a_last_prompt_that_nobody_took_up_is_not_in_progress() -> None:
    t = Transcript()
    t.user("Where do the logs go?")
    t.say("To the journal.")
    t.user("ok dinner now, tomorrow i want them in a file")
    assert build_recap(t.entries, t.session).in_progress == ()
