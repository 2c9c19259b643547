"""How allauth behaves here: accounts exist by invitation only, and MFA secrets are encrypted at rest."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from portal.core.encryption import decrypt, encrypt


class InvitationOnly(DefaultAccountAdapter):
    """Nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class EncryptedMfa(DefaultMFAAdapter):
    """TOTP secrets and recovery seeds are stored as Fernet tokens."""

    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text)
