"""Authorities and certificates for one test, made by openssl."""
import os
import shutil
import subprocess

from .script import Skip


class Authority:
    """An authority that signs certificates of servers and senders."""

    def __init__(self, script, name):
        self.openssl = shutil.which("openssl")
        if not self.openssl:
            raise Skip("no openssl")
        self.folder, self.name = script.make_folder("certificates"), name
        self.certificate = self._path(f"{name}.pem")
        self.key = self._path(f"{name}.key")
        self._run("req", "-x509", *self._new_key(self.key), "-out", self.certificate, "-days", "2",
                  "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE",
                  "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def sign(self, name, usage):
        """A certificate for `serverAuth` or `clientAuth`; returns the paths of certificate and key."""
        certificate, key, request = (self._path(f"{self.name}-{name}.{kind}") for kind in ("pem", "key", "csr"))
        extensions = self._path(f"{self.name}-{name}.ext")
        with open(extensions, "w") as out:
            out.write(f"subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage={usage}\n"
                      "basicConstraints=CA:FALSE\n")
        self._run("req", *self._new_key(key), "-out", request, "-subj", f"/CN={name}")
        self._run("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                  "-out", certificate, "-days", "2", "-extfile", extensions)
        return certificate, key

    @staticmethod
    def _new_key(path):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path]

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _run(self, *arguments):
        subprocess.run([self.openssl, *arguments], check=True, capture_output=True)
