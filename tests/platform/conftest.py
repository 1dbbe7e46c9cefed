"""What all tests of this folder share."""

from tests.quick_passwords import quick_passwords

__all__ = ["quick_passwords"]
