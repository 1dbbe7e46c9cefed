"""What the documents list is what the code has."""

import re
from pathlib import Path

from piecework.platform import composition

ROOT = Path(__file__).parents[2]


def test_the_list_of_invariants_is_the_codes() -> None:
    text = (ROOT / "docs" / "invariants.md").read_text()
    listed = dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", text, re.MULTILINE))
    assert listed == {one.name: one.says for one in composition.invariants()}


def test_every_folder_on_the_readmes_map_exists() -> None:
    text = (ROOT / "README.md").read_text()
    for name in re.findall(r"^\| `([a-z/]+/)` \|", text, re.MULTILINE):
        assert (ROOT / name).is_dir()


def test_every_decision_is_numbered_once() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "docs" / "adr").glob("*.md"))]
    assert numbers == [f"{i:04}" for i in range(1, len(numbers) + 1)]
