"""Certificates for tests, made when they are wanted: an authority, and what it signs."""
import subprocess

from rig import LIMIT_S

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=LIMIT_S)


class Authority:
    """`file` is its own certificate."""

    def __init__(self, folder, name="Authority"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.file = folder / "ca.pem"
        self.key = folder / "ca.key"
        openssl("req", "-x509", *CURVE, "-subj", f"/CN={name}", "-days", "2", "-keyout", self.key, "-out", self.file)

    def sign(self, name, alt="DNS:a.example,IP:127.0.0.1", days=1):
        """Two files: a certificate and its key. `days` -1: it has expired."""
        cert, key, wish, also = (self.folder / f"{name}.{kind}" for kind in ("pem", "key", "csr", "ext"))
        also.write_text(f"subjectAltName={alt}\nbasicConstraints=CA:FALSE\n")
        openssl("req", "-new", *CURVE, "-subj", f"/CN={name}", "-keyout", key, "-out", wish)
        openssl("x509", "-req", "-in", wish, "-CA", self.file, "-CAkey", self.key, "-CAcreateserial", "-days", str(days),
                "-extfile", also, "-out", cert)
        return cert, key
