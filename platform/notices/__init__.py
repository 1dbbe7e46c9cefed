"""Notices to people: a title, plain text and where it leads, logged for good with when it was read."""

from piecework.platform.notices.reading import seen
from piecework.platform.notices.sending import send

__all__ = ["seen", "send"]
