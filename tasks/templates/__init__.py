"""The workflows that ship: classify, answer, moderate. Take one, change what differs, publish it for a project."""

from importlib.resources import files

from piecework.tasks.workflows import WorkflowSpec, read_spec

NAMES = ("classify", "answer", "moderate")


def load(name: str) -> WorkflowSpec:
    """A shipped workflow by name (KeyError if there is none)."""
    if name not in NAMES:
        raise KeyError(name)
    return read_spec((files(__package__) / f"{name}.json").read_bytes())
