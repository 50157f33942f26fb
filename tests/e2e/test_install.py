"""What `make install` leaves: a program that finds its way, a configuration that it accepts, a service that systemd knows."""
import os
import pathlib
import shutil
import subprocess

import pytest

CAIRN = pathlib.Path(os.environ.get("CAIRN", "build/cairn")).resolve()


def install(root):
    subprocess.run(["meson", "install", "-C", CAIRN.parent, "--no-rebuild", "--destdir", root], check=True,
                   stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    where = tmp_path_factory.mktemp("root")
    install(where)
    return where


def only(root, pattern):
    found = list(root.rglob(pattern))
    assert len(found) == 1, f"{pattern}: {found}"
    return found[0]


def test_the_program_accepts_the_installed_configuration(root):
    program, config = only(root, "bin/cairn"), only(root, "etc/cairn/cairn.yaml")
    done = subprocess.run([program, "check", "-c", config], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_service_names_what_is_installed(root):
    program, config = only(root, "bin/cairn"), only(root, "etc/cairn/cairn.yaml")
    start = f"ExecStart=/{program.relative_to(root)} serve -c /{config.relative_to(root)}"
    assert start in only(root, "cairn.service").read_text().splitlines()


def test_what_an_operator_wrote_stays(tmp_path):
    install(tmp_path)
    config = only(tmp_path, "etc/cairn/cairn.yaml")
    config.write_text("listeners: []\n")
    install(tmp_path)
    assert config.read_text() == "listeners: []\n"


def test_the_documents_come_along(root):
    for name in ("man1/cairn.1", "README.md", "architecture.md", "settings.md", "one-site.yaml", "LICENSE"):
        assert any(path.match(name) for path in root.rglob(pathlib.Path(name).name)), name


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_service(root):
    """In a root of its own, with the few units of the system's that it names."""
    unit = only(root, "cairn.service")
    for name in ("sysinit", "basic", "shutdown", "network-online"):
        shutil.copy(f"/usr/lib/systemd/system/{name}.target", unit.parent)
    (root / "bin").mkdir(exist_ok=True)
    shutil.copy("/bin/kill", root / "bin")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", f"--root={root}", unit.name],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
