"""Markdown as plain blocks that a template shows: headings, lists, quotes, code, paragraphs. Never as HTML: what is no mark is text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`|\*\*(?P<strong>[^*\n]+)\*\*|(?<![\w*])[*_](?P<em>[^*_\n]+)[*_](?![\w*])"
    r"|\[(?P<label>[^\]\n]+)\]\((?P<href>https?://[^\s)]+|/[^\s/)][^\s)]*)\)"
)
HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
ITEM = re.compile(r"\s*(?:[-*+]|(\d{1,4})[.)])\s+(.*)$")
RULE = re.compile(r"\s*([-*_])(\s*\1){2,}\s*$")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line. `kind`: text, code, strong, em, link."""

    kind: str
    text: str
    href: str = ""


@dataclass(slots=True)
class Block:
    """A block. `kind`: heading, p, ul, ol, quote, code, rule; `lines` are its paragraphs' or items' spans."""

    kind: str
    lines: list[list[Span]] = field(default_factory=list)
    level: int = 0
    text: str = ""
    """Of code, as it stands."""


def spans(line: str) -> list[Span]:
    """A line with its marks."""
    found, at = [], 0
    for match in INLINE.finditer(line):
        if match.start() > at:
            found.append(Span("text", line[at : match.start()]))
        kind = match.lastgroup or "text"
        found.append(Span("link", match["label"], match["href"]) if kind == "href" else Span(kind, match[kind]))
        at = match.end()
    if at < len(line):
        found.append(Span("text", line[at:]))
    return found


def blocks(text: str, under: int = 1) -> Sequence[Block]:
    """A text's blocks. Its headings come under one of the level `under` and skip none, whatever the text says."""
    found: list[Block] = []
    level = under
    lines = iter(text.splitlines())
    for line in lines:
        if line.lstrip().startswith("```"):
            found.append(Block("code", text="\n".join(_until_fence(lines))))
        elif heading := HEADING.match(line):
            level = min(level + 1, under + len(heading[1]), 6)
            found.append(Block("heading", [spans(heading[2])], level))
        elif RULE.match(line):
            found.append(Block("rule"))
        elif item := ITEM.match(line):
            _onto(found, "ol" if item[1] else "ul", spans(item[2]))
        elif line.startswith(">"):
            _onto(found, "quote", spans(line[1:].strip()))
        elif not line.strip():
            found.append(Block("end"))
        elif found and found[-1].kind in ("ul", "ol") and line.startswith("  "):
            found[-1].lines[-1] += [Span("text", " "), *spans(line.strip())]
        else:
            _onto(found, "p", spans(line.strip()))
    return [block for block in found if block.kind != "end"]


def _onto(found: list[Block], kind: str, line: list[Span]) -> None:
    if found and found[-1].kind == kind:
        found[-1].lines.append(line)
    else:
        found.append(Block(kind, [line]))


def _until_fence(lines: Iterator[str]) -> list[str]:
    kept = []
    for line in lines:
        if line.lstrip().startswith("```"):
            break
        kept.append(line)
    return kept
