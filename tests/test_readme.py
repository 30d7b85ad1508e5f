"""The README says what is true of the keys and the commands."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict
from pathlib import Path

from agentsess.commands.syntax import build_parser
from agentsess.config import Settings
from agentsess.ui.keys import KEYS, shown_keys

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_every_key_of_the_main_screen_stands_in_the_table_of_keys() -> None:
    for key in KEYS:
        shown = " ".join(f"`{name}`" for name in shown_keys(key.keys).split())
        assert f"| {key.group} | {shown} | {key.help} |" in README


def test_no_two_actions_share_a_key() -> None:
    keys = [name for key in KEYS for name in key.keys.split(",")]
    assert len(keys) == len(set(keys))


def test_every_command_is_named() -> None:
    usage = build_parser().format_help()
    commands = re.findall(r"^    (\w+)(?:  |$)", usage, flags=re.MULTILINE)
    assert len(commands) > 10
    listed = README[README.index("## Scripts") :].split("each with `--json`")[0]
    for command in set(commands) - {"COMMAND"}:
        assert command in listed


def test_every_setting_stands_with_what_it_is_without_a_file() -> None:
    block = README.split("```toml\n")[1].split("```")[0]
    assert tomllib.loads(block) == asdict(Settings())
