"""What happens in a run, as it happens: the values that `Agent.stream` yields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agentsess.agent.retirement import Retirement
from agentsess.model import Entry, Session, ToolCall, Usage


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended."""

    output: str
    """The text of the last reply."""
    session_id: str
    """Where it ended: another session than it began in if the work went on in a new phase."""
    stop_reason: str
    """The API's word (``end_turn``, ``max_tokens``, ``refusal``, …), or ours:
    ``max_iterations``, ``interrupted``, ``budget``."""
    usage: Usage
    """Tokens of this run."""
    cost_usd: float | None
    """What this run cost; None when the model's price is not known."""
    duration_seconds: float
    entries: tuple[Entry, ...]
    """What this run added to the history, in order."""
    phases: tuple[RunResult, ...] = ()
    """The runs that `Agent.run` made for it, one in each session, if it went on in new phases;
    then usage, cost, duration and entries are those of all of them."""


def as_one(phases: Sequence[RunResult]) -> RunResult:
    """The result of runs of which each went on with the work of the one before."""
    if len(phases) == 1:
        return phases[0]
    costs = [each.cost_usd for each in phases if each.cost_usd is not None]
    return replace(
        phases[-1],
        usage=sum((each.usage for each in phases), Usage()),
        cost_usd=sum(costs) if len(costs) == len(phases) else None,
        duration_seconds=sum(each.duration_seconds for each in phases),
        entries=tuple(entry for each in phases for entry in each.entries),
        phases=tuple(phases),
    )


@dataclass(frozen=True, slots=True)
class PromptSaved:
    """The prompt is in the history, and about to be sent."""

    session_id: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The model said a little more."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """The model thought a little more."""

    text: str


@dataclass(frozen=True, slots=True)
class ReplySaved:
    """A reply is in the history: whole, or what came of it (``meta["interrupted"]``)."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class ToolRequested:
    """The model wants this call; permission is being asked."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """The call was allowed and runs now."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """The call is over and its result is in the history; ``entry.meta["interrupted"]`` says
    if it was not made, or not to its end."""

    call: ToolCall
    entry: Entry


@dataclass(frozen=True, slots=True)
class ToolDenied:
    """The call was not allowed; what the model is told of it is in the history."""

    call: ToolCall
    reason: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class UsageChanged:
    """Another reply has begun, whose request is paid for, or is whole."""

    usage: Usage
    """Tokens of the run so far."""
    cost_usd: float | None
    """What the run has cost so far; None when the model's price is not known."""
    context_tokens: int
    """What the last request and its reply fill of the model's context window."""


@dataclass(frozen=True, slots=True)
class ModelRetires:
    """The run asks a model that retires soon, or is retired."""

    retirement: Retirement


@dataclass(frozen=True, slots=True)
class Retrying:
    """The API is busy or away; the same request goes out again."""

    seconds: float
    """In about how long."""
    reason: str
    """A status such as ``429``, or that the connection failed."""


@dataclass(frozen=True, slots=True)
class EventSaved:
    """Something worth knowing is in the history: a limit, an error, a repair."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Compacting:
    """A summary is being written that is to stand for the beginning of the conversation."""

    characters: int
    """How much of it there is."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """From here on less of the history is sent; ``entry.text`` says what stands for it.

    ``entry.meta`` holds ``event`` (``compacted``: by a summary; ``cleared``: without old
    results of tools), ``kept_from`` (the first entry that goes out whole), ``tokens_before``
    and ``context_tokens`` (estimates), and for a summary ``by`` (a model's name, or
    ``history``), ``usage`` and ``cost_usd``.
    """

    entry: Entry


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """The work goes on in another session, which begins with what was carried over.

    This run ends with the stop reason ``new_phase``; another one is to send the prompt there.
    """

    session: Session
    prompt: str
    """What is to be sent there: what was not answered here."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The run was stopped; what was said until then is in the history."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Failed:
    """The run failed; the last event before the error is raised."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Done:
    """The run is over. Always the last event, unless it failed."""

    result: RunResult


AgentEvent = (
    PromptSaved
    | TextDelta
    | ThinkingDelta
    | ReplySaved
    | ToolRequested
    | ToolStarted
    | ToolFinished
    | ToolDenied
    | UsageChanged
    | ModelRetires
    | Retrying
    | EventSaved
    | Compacting
    | Compacted
    | PhaseStarted
    | Interrupted
    | Failed
    | Done
)
