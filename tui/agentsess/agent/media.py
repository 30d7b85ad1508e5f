"""Images and PDFs: what the model may be shown, and how it is sent."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from agentsess.model import JsonObject

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".pdf")
_MOST_BYTES = {"image": 5 * 1024 * 1024 // 4 * 3, "document": 20 * 1024 * 1024}
"""What the API takes at most, before it is encoded."""
_PIECE = 3 * 256 * 1024
"""Bytes: a multiple of 3, so that the code of the pieces is the code of the whole."""


def media_type(data: bytes) -> str:
    """What a file is, by its first bytes; empty if the model cannot be shown it."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _SIGNATURES if data.startswith(start)), "")


def mentioned(text: str, folder: str) -> list[Path]:
    """The images and PDFs that a prompt names, each as ``@path`` on a line of its own.

    Args:
        text: The prompt.
        folder: The session's; only files in it count, all other lines are but text.
    """
    found: dict[Path, None] = {}
    for line in text.splitlines() if folder else ():
        if line.startswith("@") and line.lower().rstrip().endswith(_SUFFIXES):
            with suppress(OSError, ValueError):  # no name that a file can have
                root = Path(folder).resolve()
                path = (root / line[1:].strip()).resolve()
                if path.is_relative_to(root) and path.is_file():
                    found[path] = None
    return list(found)


def attachment(path: Path) -> JsonObject:
    """A file as a content block.

    Raises:
        ValueError: It is no image or PDF, or too large.
        OSError: It cannot be read.
    """
    data = path.read_bytes()
    kind = media_type(data)
    if not kind:
        raise ValueError(f"{path.name} is no PNG, JPEG, GIF, WebP or PDF file.")
    block = "document" if kind == "application/pdf" else "image"
    if len(data) > (most := _MOST_BYTES[block]):
        raise ValueError(
            f"{path.name} is larger than {most / 1024 / 1024:.2g} MB. Make it smaller."
        )
    # piece by piece: whoever else has something to do gets to do it in between
    pieces = (data[start : start + _PIECE] for start in range(0, len(data), _PIECE))
    encoded = "".join(base64.standard_b64encode(piece).decode() for piece in pieces)
    return {
        "type": block,
        "source": {"type": "base64", "media_type": kind, "data": encoded},
    }


def media_size(content: Iterable[JsonObject]) -> int:
    """Characters of encoded images and documents in content, in results of tools too."""
    total = 0
    for block in content:
        source, inner = block.get("source"), block.get("content")
        if isinstance(source, dict):
            total += len(str(source.get("data", "")))
        if isinstance(inner, list):
            total += media_size(inner)
    return total


def named_truly(block: JsonObject) -> JsonObject:
    """A block of a file that was named after its suffix, named after what it holds.

    One that lies would have this request refused, and every later one with it.

    Raises:
        ValueError: It holds nothing that the model can be shown.
    """
    source = block.get("source")
    if not isinstance(source, dict) or source.get("type") != "base64":
        return block
    kind = media_type(base64.b64decode(str(source.get("data", ""))[:32]))
    is_pdf = kind == "application/pdf"
    if not kind or is_pdf != (block["type"] == "document"):
        raise ValueError("the file does not hold what its name says")
    return {**block, "source": {**source, "media_type": kind}}
