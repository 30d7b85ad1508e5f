"""Where things are and what the user set: paths, settings file, environment."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from agentsess.errors import StoreError

DEFAULT_MODEL = "claude-sonnet-5-5"
RECAP_MODEL = "claude-haiku-5-5"
"""The cheapest that writes a good recap."""
COMPACT = ("ask", "auto")
TRASH_DAYS = 30
"""How long the trash keeps a session before `prune` may empty it."""


def data_home() -> Path:
    """The store's folder: ``$AGENTSESS_HOME``, else the platform's data folder.

    Raises:
        StoreError: It is not known where that is.
    """
    try:
        if home := os.environ.get("AGENTSESS_HOME"):
            return Path(home).expanduser()
        from platformdirs import user_data_path

        return user_data_path("agentsess", appauthor=False)
    except RuntimeError as error:
        raise StoreError(
            "Your home folder is not known. Set AGENTSESS_HOME to the folder for sessions."
        ) from error


def claude_home() -> Path:
    """Claude Code's folder: ``$CLAUDE_CONFIG_DIR``, else ``~/.claude``."""
    # Not `expanduser` of a path: that raises if there is no home folder.
    return Path(os.path.expanduser(os.environ.get("CLAUDE_CONFIG_DIR") or "~/.claude"))


def here() -> str:
    """The folder that the program is in; raises StoreError if that was removed."""
    try:
        return os.getcwd()
    except FileNotFoundError as error:
        raise StoreError("The folder you are in was removed. Go to another one first.") from error


def has_api_key() -> bool:
    """Whether the environment names a key or token."""
    return any(api_keys())


def api_keys() -> set[str]:
    """The key and the token that the environment holds, to know them where they must not be."""
    return {os.environ.get(name, "") for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")}


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``settings.toml`` in the store's folder may say; all of it optional."""

    model: str = DEFAULT_MODEL
    """Model of new sessions."""
    theme: str = "textual-dark"
    """Name of a Textual theme."""
    snapshot_every: int = 200
    """Entries after which a session gets a snapshot by itself; 0: never."""
    compact: str = "ask"
    """What to do when a conversation nears the end of the model's context window: ``ask``, or
    ``auto`` to let a summary stand for its beginning without asking."""
    empty_trash: bool = False
    """Whether the app deletes for good, when it starts, what is in the trash for too long."""
    allow_reading: bool = False
    """Whether read, glob and grep are used in a session's folder without a question."""
    recap_model: str = RECAP_MODEL
    """Model that writes recaps, where one is asked for."""
    written_recaps: bool = False
    """Whether a model writes the recap of a session that is paused or resumed, unasked."""
    notify: bool = True
    """Whether the terminal tells, while another window is in front, that a session waits."""


def load_settings(home: Path) -> Settings:
    """The user's settings.

    Raises:
        StoreError: The file is not valid TOML or holds an unknown name.
    """
    path = home / "settings.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise StoreError(f"Cannot read {path}: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StoreError(f"{path}: {error}. Correct the file or remove it.") from error
    unknown = values.keys() - Settings.__dataclass_fields__.keys()
    if unknown:
        known = ", ".join(Settings.__dataclass_fields__)
        raise StoreError(f"{path}: unknown setting {sorted(unknown)[0]!r}; known are {known}.")
    for name, value in values.items():
        wanted = type(getattr(Settings(), name))
        if type(value) is not wanted:
            raise StoreError(f"{path}: {name} must be a {wanted.__name__}, not {value!r}.")
        if name == "compact" and value not in COMPACT:
            raise StoreError(f"{path}: compact is {' or '.join(COMPACT)}, not {value!r}.")
    return Settings(**values)


def save_setting(home: Path, name: str, value: str) -> None:
    """Write one setting, keeping the others; the file is replaced at once or not at all."""
    current = load_settings(home)
    lines = []
    for key in Settings.__dataclass_fields__:
        setting = value if key == name else getattr(current, key)
        if setting != getattr(Settings(), key):
            # A JSON string, number or boolean reads the same in TOML.
            lines.append(f"{key} = {json.dumps(setting, ensure_ascii=False)}\n")
    path = home / "settings.toml"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(".new")
    temporary.write_text("".join(lines), encoding="utf-8")
    temporary.chmod(0o600)
    os.replace(temporary, path)
