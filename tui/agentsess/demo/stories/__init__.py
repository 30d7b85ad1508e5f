"""The sessions of the demo, in the order in which they are written."""

from __future__ import annotations

from agentsess.demo.stories.incidents import FLAKY, INCIDENT, INTERRUPTED, LATENCY
from agentsess.demo.stories.migration import MIGRATION
from agentsess.demo.stories.operations import (
    BACKFILL,
    GERMAN,
    LOCAL_MODEL,
    SUPPORT,
    TERRAFORM,
    TRASHED,
)
from agentsess.demo.stories.reviews import API_DOCS, ARCHITECTURE, AUDIT, REVIEW
from agentsess.demo.stories.teams import CONSENT
from agentsess.demo.story import Story

STORIES: tuple[Story, ...] = (
    LATENCY,
    INTERRUPTED,
    REVIEW,
    FLAKY,
    INCIDENT,
    CONSENT,
    API_DOCS,
    MIGRATION,
    BACKFILL,
    ARCHITECTURE,
    SUPPORT,
    TERRAFORM,
    AUDIT,
    GERMAN,
    LOCAL_MODEL,
    TRASHED,
)
