"""What a backup remembers of keys without reading one: enough to tell whether the same ones are at hand again."""

import base64
import hashlib
import hmac
import os
import ssl
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

CERTIFICATE = "certificate.pem"


def certificate_path() -> Path | None:
    """The chain that signs pictures here; public, and without it old signatures come from somebody unknown."""
    named = Path(settings.CREDENTIALS_CERTIFICATE or settings.STATE_DIR / "credentials" / "trial.chain.pem")
    return named if named.is_file() else None


def fingerprints(link: "psycopg.Connection[Any]", salt: bytes = b"") -> dict[str, Any]:
    """The minters' addresses, the certificate's digest, and the secret key's under a slow hash with a salt."""
    chain = certificate_path()
    minters = link.execute("SELECT DISTINCT address FROM minting_minter ORDER BY address").fetchall()
    return {
        "minters": [address for (address,) in minters],
        "certificate_sha256": of_certificate(chain.read_text()) if chain else "",
        "secret_key": _of_secret(salt or os.urandom(16)),
    }


def of_certificate(pem: str) -> str:
    """SHA-256 of the first certificate of a chain."""
    end = "-----END CERTIFICATE-----"
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem[: pem.index(end) + len(end)])).hexdigest()


def _of_secret(salt: bytes) -> str:
    slow = hashlib.scrypt(settings.SECRET_KEY.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
    return f"{base64.b64encode(salt).decode()}:{base64.b64encode(slow).decode()}"


def missing(known: dict[str, Any]) -> list[str]:
    """A sentence for each key of the backup that is not at hand here."""
    said = []
    salt = base64.b64decode(known["secret_key"].partition(":")[0])
    if not hmac.compare_digest(_of_secret(salt), known["secret_key"]):
        said.append("SECRET_KEY is another: links in old e-mails do not work. Put the old one back if you have it.")
    chain = certificate_path()
    if known["certificate_sha256"] and (
        not chain or of_certificate(chain.read_text()) != known["certificate_sha256"]
    ):
        said.append(
            "The certificate that signed pictures is not here. Put it back with its key, or name the backup's "
            f"public/{CERTIFICATE} in CREDENTIALS_TRUSTED, so that old signatures are known."
        )
    if known["minters"]:
        said.append(f"The chain process needs the keystore of {', '.join(known['minters'])}, from where you keep it.")
    return said
