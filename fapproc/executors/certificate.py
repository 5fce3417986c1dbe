"""The file that lets a computer into a cluster: a key and its certificate, in one PEM file.

All who belong to a cluster have the same file, and believe nobody else: the certificate is signed
by its own key, and is the only one that counts. Values only; writes nothing.
"""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fapproc cluster")])
_YEARS = 20
_CLOCKS_DIFFER = timedelta(days=2)


def new() -> bytes:
    """Make a key and its certificate."""
    key = generate_private_key(SECP256R1())
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(_NAME)
        .issuer_name(_NAME)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + made.public_bytes(Encoding.PEM)


def is_whole(pem: bytes) -> bool:
    """Whether these bytes are a key and its own certificate, as `new` makes them."""
    try:
        key = load_pem_private_key(pem, None).public_key()
        return x509.load_pem_x509_certificate(pem).public_key() == key
    except (TypeError, ValueError):
        return False
