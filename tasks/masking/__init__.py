"""Masking of personal data in a customer's text, before a freelancer sees it.

What is guaranteed
------------------
* :func:`mask` returns for every ``str`` (lone surrogates, NUL and emoji included) and never raises.
* Findings lie inside the original text, do not overlap and are sorted; the text around them is not changed.
* Masking is idempotent: masking a masked text changes nothing.
* The time is proportional to the length of the text: every pattern looks a bounded distance ahead and back.
* Digits of any script, dashes and spaces of any kind, zero-width characters, soft hyphens, combining marks and
  control characters between the digits are no way round: the search goes over a normalised shadow of the text.

What is recognised: telephone numbers, e-mail addresses, bank cards (Luhn), passports of the Russian Federation,
SNILS and INN (check digits).  Where a bare number is ambiguous, the words before it decide ("тел.", "заказ", ...).

What is known NOT to be caught
------------------------------
* Names, postal addresses, dates of birth, nicknames in messengers (``@ivan``), links to profiles, number plates.
* Numbers written in words ("восемь девятьсот шестнадцать") and digits imitated by letters ("8916l23O567").
* Numbers with letters or foreign signs put between the digits ("8x916x123", "8=916=123"), and numbers cut in two by
  a line break (except cards in fours and numbers that begin with a plus).
* Ten digits without a word such as "тел." before them and without the look of a telephone number; foreign numbers
  without a plus, brackets or such a word; local numbers of five to seven digits without such a word.
* Cards, SNILS and INN with a wrong check digit; cards beginning with 0, 1 or 7 without the word "карта" or "card";
  a SNILS that is neither in its grouping nor near its word; an INN of ten digits away from its word.
* Foreign and international passports, driving licences, policies, bank accounts; the series or the number alone.
* E-mail addresses without a dot in the domain ("ivan@gmail") and spelled with "underscore" or "dash" in words.

What may be masked needlessly: about a tenth of foreign numbers of 13 to 19 digits (tracking numbers, IMEI, bar codes)
pass the Luhn check, and about a hundredth of bare numbers of 12 digits are valid INN.
"""

from piecework.tasks.masking.findings import Finding, Masked, PersonalDataKind
from piecework.tasks.masking.placeholders import mask

__all__ = ["Finding", "Masked", "PersonalDataKind", "mask"]
