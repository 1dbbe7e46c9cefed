"""Personal data of people: what is kept of them and why, export and erasure on request, and what is erased by its age.

Each part declares what its tables keep (`declared`), as plain data; nothing here knows any of those tables.
"""

from piecework.platform.personal.declared import Declared, Hindrance, NotPersonal, PersonalData, connect, words_of

__all__ = ["Declared", "Hindrance", "NotPersonal", "PersonalData", "connect", "words_of"]
