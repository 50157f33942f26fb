"""Networks of one's own: a client, a router and origins behind it, each in a network namespace, with names of their own.

A namespace is entered as a context: what opens a socket inside has it there, and may use it from anywhere afterwards.
Everything is named after this process and goes away at the end.
"""
import contextlib
import ctypes
import itertools
import os
import pathlib
import shutil
import socket
import subprocess

from rig import until

CLONE_NEWNET = 0x40000000
NUMBERS = itertools.count(1)
LIBC = ctypes.CDLL(None, use_errno=True)


def run(*command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stderr}"
    return done.stdout


def why_not():
    """Why no namespaces with rules of nftables can be made here; None where they can."""
    if os.geteuid() != 0:
        return "only root makes network namespaces"
    missing = [command for command in ("ip", "nft") if shutil.which(command) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    try:
        one = Namespace()
    except AssertionError as fault:
        return f"network namespaces are not permitted: {fault}"
    try:
        one.rules("table inet try { chain c {\n type nat hook prerouting priority dstnat\n tcp dport 1 redirect to :2\n }\n}")
    except AssertionError as fault:
        return f"rules of nftables are not permitted: {fault}"
    finally:
        one.remove()
    return None


class Namespace:
    """Has a loopback, and nothing else. Its processes see resolv.conf with `name_server`, and an empty hosts file."""

    def __init__(self, name_server=None):
        self.name = f"cairn-{os.getpid()}-{next(NUMBERS)}"
        self.outside = []
        self.etc = pathlib.Path("/etc/netns") / self.name
        run("ip", "netns", "add", self.name)
        try:
            self.ip("link", "set", "lo", "up")
            if name_server:
                self.etc.mkdir(parents=True)
                (self.etc / "resolv.conf").write_text(f"nameserver {name_server}\n")
                (self.etc / "hosts").write_text("")
        except BaseException:
            self.remove()
            raise

    @property
    def before(self):
        """What stands before a command that is to run inside."""
        return ("ip", "netns", "exec", self.name)

    def run(self, *command, text=None):
        return run(*self.before, *command, text=text)

    def ip(self, *arguments):
        return run("ip", "-n", self.name, *arguments)

    def rules(self, text):
        """Rules of nftables beside those that are there."""
        self.run("nft", "-f", "-", text=text)

    def address(self, device, *addresses):
        for address in addresses:
            self.ip("addr", "add", address, "dev", device, *(["nodad"] if ":" in address else []))
        self.ip("link", "set", device, "up")

    def gateway(self, *addresses):
        for address in addresses:
            self.ip("-6" if ":" in address else "-4", "route", "add", "default", "via", address)

    def remove(self):
        shutil.rmtree(self.etc, ignore_errors=True)
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, check=False)

    def __enter__(self):
        """This thread is inside, and what it starts."""
        self.outside.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY))
        with open(f"/var/run/netns/{self.name}", encoding="ascii") as inside:
            enter(inside.fileno())
        return self

    def __exit__(self, *_):
        outside = self.outside.pop()
        enter(outside)
        os.close(outside)


def enter(descriptor):
    if LIBC.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def cable(one, device, other, other_device):
    one.ip("link", "add", "name", device, "type", "veth", "peer", "name", other_device, "netns", other.name)


class Way:
    """client -- router -- site, by IPv4 and IPv6; the site has two addresses of each, for an origin and another one.

    The router forwards. What is asked of 127.0.0.1:53 in it, the name server `names` answers: {name: [addresses]}; any
    other name does not exist.
    """
    CLIENT = ("10.77.1.2", "fd77:1::2")
    ROUTER = ("10.77.1.1", "fd77:1::1")
    SITE = ("10.77.2.2", "fd77:2::2")
    OTHER = ("10.77.2.3", "fd77:2::3")

    def __init__(self, names):
        self.stack = contextlib.ExitStack()
        with contextlib.ExitStack() as stack:
            self.client = self.made(stack)
            self.router = self.made(stack, name_server="127.0.0.1")
            self.site = self.made(stack)
            self.lay()
            self.serve_names(stack, names)
            self.stack = stack.pop_all()

    @staticmethod
    def made(stack, **more):
        namespace = Namespace(**more)
        stack.callback(namespace.remove)
        return namespace

    def lay(self):
        cable(self.client, "wire", self.router, "lan0")
        cable(self.site, "wire", self.router, "outside")
        self.client.address("wire", "10.77.1.2/24", "fd77:1::2/64")
        self.router.address("lan0", "10.77.1.1/24", "fd77:1::1/64")
        self.router.address("outside", "10.77.2.1/24", "fd77:2::1/64")
        self.site.address("wire", "10.77.2.2/24", "10.77.2.3/24", "fd77:2::2/64", "fd77:2::3/64")
        self.client.gateway("10.77.1.1", "fd77:1::1")
        self.site.gateway("10.77.2.1", "fd77:2::1")
        for name in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
            with self.router:
                pathlib.Path("/proc/sys", *name.split(".")).write_text("1")

    def serve_names(self, stack, names):
        records = [f"--host-record={name},{address}" for name, addresses in names.items() for address in addresses]
        server = subprocess.Popen([*self.router.before, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root",
                                   "--no-resolv", "--no-hosts", "--local=/#/", "--listen-address=127.0.0.1", "--bind-interfaces",
                                   "--pid-file=", "--local-ttl=600", "--log-facility=-", *records],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        stack.callback(end, server)
        said = []
        until(lambda: said.append(server.stderr.readline()) or "started" in said[-1] or server.poll() is not None)
        assert server.poll() is None, said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()


def end(process):
    process.terminate()
    process.wait()
    process.stderr.close()


def listening(namespace, address, port):
    """A socket that listens there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with namespace:
        sock = socket.socket(family)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
    return sock


def connected(namespace, address, port, source=None):
    with namespace:
        return socket.create_connection((address, port), timeout=30, source_address=source and (source, 0))
