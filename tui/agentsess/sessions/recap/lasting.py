"""What of a text of long ago still counts."""

from __future__ import annotations

import re

from agentsess.sessions.recap.text import mentions

# Boxes, numbered phases, plain decisions. Of the first two each way begins with a plain letter,
# and the text is in lower case: that is ten times faster.
_LASTING_WORK = re.compile(
    r"\[ \] |\[x\] |✅|☑|✔|🔄|⬜|phase[sen]{0,2} \d|step[sen]{0,2} \d|milestone[sen]{0,2} \d|"
    r"schritt[sen]{0,2} \d|fase[sen]{0,2} \d|paso[sen]{0,2} \d|étape[sen]{0,2} \d"
)
_LASTING_WORD = re.compile(
    r"\b(?:we|i)(?:['’]ve| have)? (?:decided|agreed|settled)|\bdecided (?:to|on)|let['’]?s go with|"
    r"\bentschieden|\bhemos decidido|\bnous avons décidé"
)
_DECIDING = ("decid", "agreed", "settled", "go with", "entschieden", "décid")


def lasts(lowered: str) -> bool:
    """Whether a text, in lower case, holds some of it."""
    if _LASTING_WORK.search(lowered):
        return True
    return mentions(lowered, _DECIDING) and bool(_LASTING_WORD.search(lowered))
