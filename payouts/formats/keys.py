"""Check digits of Russian bank accounts.

Source: the Bank of Russia's "Порядок расчёта контрольного ключа в номере лицевого счёта" (letter of 8 September 1997 No 515).
Three digits that stand for the bank go before the twenty of the account; each digit is weighted by 7, 1, 3, 7, 1, 3 ...; the
last digits of the products sum to a multiple of ten.
"""

import re

WEIGHTS = (7, 1, 3)
ACCOUNT = re.compile(r"[0-9]{20}")
BIK = re.compile(r"[0-9]{9}")
CURRENCIES = {"810": "RUB", "643": "RUB", "840": "USD", "978": "EUR", "156": "CNY", "398": "KZT", "933": "BYN"}
"""What digits 6 to 8 of an account say."""
KEPT_BY_BANK_OF_RUSSIA = frozenset({"000", "001", "002"})


def account_key_holds(account: str, bik: str) -> bool:
    """True for a client's account of 20 digits whose key fits the bank with this BIK."""
    if not (ACCOUNT.fullmatch(account) and BIK.fullmatch(bik)):
        return False
    if bik[6:] in KEPT_BY_BANK_OF_RUSSIA:
        return _holds("0" + bik[4:6] + account)
    return _holds(bik[6:] + account)


def correspondent_key_holds(account: str, bik: str) -> bool:
    """True for a bank's own account at the Bank of Russia: 301..., ends like the BIK, its key made with 0 and BIK digits 5 and 6."""
    if not (ACCOUNT.fullmatch(account) and BIK.fullmatch(bik)):
        return False
    return account.startswith("301") and account[17:] == bik[6:] and _holds("0" + bik[4:6] + account)


def currency_of(account: str) -> str | None:
    """The currency that an account of 20 digits is kept in, if it is one that we know."""
    return CURRENCIES.get(account[5:8]) if ACCOUNT.fullmatch(account) else None


def _holds(digits: str) -> bool:
    return sum(int(digit) * WEIGHTS[i % 3] % 10 for i, digit in enumerate(digits)) % 10 == 0
