"""Who signs: the certificate that the settings name, or one that this machine has made for itself.

CREDENTIALS_CERTIFICATE is a chain in PEM, the signer's first and its authority's last; CREDENTIALS_KEY the signer's
key. Where neither is named, an authority and a signer are made once, under STATE_DIR, for trials: such a signature
shows that a picture is unchanged and came from this site, and nobody else vouches for it. Pages say so.

Refuses a chain and a key that do not belong together. Reference: C2PA 2.2, section 14.5.
"""

import fcntl
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings

from generation.errors import GenerationError

TRIAL_DAYS: Final = 3650
ORGANISATION: Final = "Ninefold, a trial certificate of this site's own"
_CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


class CannotSign(GenerationError):
    """The certificate or its key cannot be read, or do not belong together."""

    code = "cannot_sign"
    title = "The picture could not be signed"
    next_step = "The operator has to correct CREDENTIALS_CERTIFICATE and CREDENTIALS_KEY."


@dataclass(frozen=True)
class Certificate:
    """A chain with its key; `is_trial` when this machine made it. `serial` is the signer's number, in decimals."""

    chain_pem: bytes
    key_pem: bytes
    algorithm: str
    is_trial: bool

    @property
    def leaf(self) -> x509.Certificate:
        return x509.load_pem_x509_certificates(self.chain_pem)[0]

    @property
    def authority_pem(self) -> bytes:
        """The last of the chain."""
        return x509.load_pem_x509_certificates(self.chain_pem)[-1].public_bytes(serialization.Encoding.PEM)

    @property
    def serial(self) -> str:
        return str(self.leaf.serial_number)

    @property
    def sha256(self) -> str:
        """The fingerprint of the signer's certificate."""
        return self.leaf.fingerprint(hashes.SHA256()).hex()

    @property
    def name(self) -> str:
        """Whom it names: the organisation, else the common name."""
        for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
            found = self.leaf.subject.get_attributes_for_oid(kind)
            if found:
                return str(found[0].value)
        return ""

    def signer(self) -> c2pa.Signer:
        """A new one for each signature; asks the timestamp authority of the settings, where one is named."""
        algorithm = c2pa.C2paSigningAlg[self.algorithm]
        stamps = settings.CREDENTIALS_TIMESTAMPS or None  # an empty string fails without a word
        return c2pa.Signer.from_info(c2pa.C2paSignerInfo(algorithm, self.chain_pem, self.key_pem, stamps))


def configured() -> Certificate:
    """The certificate that signs here; made on the first call where none is configured. CannotSign."""
    if bool(settings.CREDENTIALS_CERTIFICATE) != bool(settings.CREDENTIALS_KEY):
        raise CannotSign("One of CREDENTIALS_CERTIFICATE and CREDENTIALS_KEY is named, and the other is not.")
    if settings.CREDENTIALS_CERTIFICATE:
        return _read(Path(settings.CREDENTIALS_CERTIFICATE), Path(settings.CREDENTIALS_KEY), is_trial=False)
    return _trial(Path(settings.STATE_DIR) / "credentials")


def _read(chain: Path, key: Path, *, is_trial: bool) -> Certificate:
    try:
        chain_pem, key_pem = chain.read_bytes(), key.read_bytes()
        private = serialization.load_pem_private_key(key_pem, None)
        leaf = x509.load_pem_x509_certificates(chain_pem)[0]
    except (OSError, ValueError, TypeError) as error:
        raise CannotSign(f"The certificate or its key cannot be read ({error}).") from None
    spki = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if private.public_key().public_bytes(*spki) != leaf.public_key().public_bytes(*spki):
        raise CannotSign("The key is not the key of the first certificate of the chain.")
    pkcs8 = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Certificate(chain_pem, pkcs8, _algorithm(private), is_trial)


def _algorithm(private: Any) -> str:
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in _CURVES:
        return _CURVES[private.curve.name]
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "ED25519"
    if isinstance(private, rsa.RSAPrivateKey):
        return "PS256"
    raise CannotSign("C2PA takes keys of P-256, P-384, P-521, Ed25519 or RSA.")


def _trial(folder: Path) -> Certificate:
    """Made by the first process that comes; the others wait for it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    chain, key = folder / "trial.chain.pem", folder / "trial.key.pem"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (chain.exists() and key.exists()):
            chain_pem, key_pem = make_trial()
            _write(key, key_pem)
            _write(chain, chain_pem)
    return _read(chain, key, is_trial=True)


def _write(path: Path, data: bytes) -> None:
    draft = path.with_suffix(".draft")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def make_trial(organisation: str = ORGANISATION) -> tuple[bytes, bytes]:
    """(chain, key) of a new authority and its one signer, as C2PA asks for them; the authority's own key is lost."""
    top, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate(organisation, "authority", top, top, None)
    leaf = _certificate(organisation, "signer", own, top, authority)
    pem = serialization.Encoding.PEM
    key = own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return leaf.public_bytes(pem) + authority.public_bytes(pem), key


def _certificate(
    organisation: str, role: str, key: ec.EllipticCurvePrivateKey, signing: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
) -> x509.Certificate:  # fmt: skip
    names = ((NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, f"Ninefold {role}"))
    subject = x509.Name([x509.NameAttribute(kind, text) for kind, text in names])
    begins, is_authority = datetime.now(UTC) - timedelta(hours=1), issuer is None
    usage = x509.KeyUsage(
        digital_signature=not is_authority, key_cert_sign=is_authority, crl_sign=is_authority,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=TRIAL_DAYS))
        .add_extension(x509.BasicConstraints(is_authority, 0 if is_authority else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
        builder = builder.add_extension(above, critical=False)
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, critical=True)
    return builder.sign(signing, hashes.SHA256())
