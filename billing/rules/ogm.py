"""The Belgian structured communication (OGM/VCS) by which a payment finds its invoice.

Ten digits and two check digits: the ten modulo 97, where 0 becomes 97 (Febelfin banking standards). The bare
twelve digits are stored and exported; people read and type the form with pluses and slashes.
"""

from stdnum.be import ogm_vcs
from stdnum.exceptions import ValidationError

LARGEST = 9_999_999_999


class OgmError(ValueError):
    """What was read is no structured communication. The text is a sentence."""


def make(base: int) -> str:
    """The twelve digits for a base from 1 to LARGEST."""
    if not 1 <= base <= LARGEST:
        raise ValueError(f"A structured communication is made of 1 to {LARGEST}, not of {base}.")
    digits = f"{base:010}"
    return digits + str(ogm_vcs.calc_check_digits(digits))


def formatted(digits: str) -> str:
    """`202600000192` as people write it: `+++202/6000/00192+++`."""
    return f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"


def validate(text: str) -> str:
    """The twelve digits of what somebody typed, with or without signs and spaces. Raises OgmError."""
    try:
        return str(ogm_vcs.validate(text))
    except ValidationError as error:
        raise OgmError(
            f"“{text}” is not a structured communication: it has 12 digits, of which the last two are "
            "a check. Compare it with the invoice."
        ) from error
