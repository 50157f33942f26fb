"""A real browser, Debian's Chromium without a window, driven by its own protocol over two pipes."""
import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import threading

LIMIT_S = 120


def as_3_and_4(*ends):
    """The protocol's two ends are these descriptors."""
    out_of_the_way = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for number, end in zip((3, 4), out_of_the_way):
        os.dup2(end, number)


class Browser:
    """One page of one browser. `events` are what it told of itself, in order: (method, parameters)."""

    def __init__(self, folder, *flags):
        program = shutil.which("chromium")
        assert program, "Chromium is missing: tools/setup test installs it"
        to_browser, self.out = os.pipe()
        self.inp, from_browser = os.pipe()
        command = [program, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                   "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-component-update",
                   "--disable-sync", "--hide-scrollbars", f"--user-data-dir={folder}", *flags, "about:blank"]
        self.process = subprocess.Popen(command, preexec_fn=lambda: as_3_and_4(to_browser, from_browser), close_fds=False,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.rest = b""
        self.last = 0
        self.events = []
        self.session = None
        self.late = threading.Timer(LIMIT_S, self.process.kill)  # then reading ends, and what waits for it fails
        self.late.start()
        page = next(t for t in self.send("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.send("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.late.cancel()
        self.process.kill()
        self.process.wait()
        os.close(self.out)
        os.close(self.inp)

    def receive(self):
        while b"\0" not in self.rest:
            piece = os.read(self.inp, 1 << 20)
            assert piece, f"the browser has ended; it had said {self.events[-5:]}"
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def send(self, method, **params):
        """What it answers."""
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.last:
                assert "error" not in answer, answer
                return answer["result"]
            if "method" in answer:
                self.events.append((answer["method"], answer.get("params", {})))

    @contextlib.contextmanager
    def on(self, session):
        """What is sent meanwhile goes to that page; None: to the browser itself."""
        before, self.session = self.session, session
        try:
            yield
        finally:
            self.session = before

    def told(self, method):
        return [params for name, params in self.events if name == method]

    def waits_for(self, method):
        """Until it tells of it, once more than so far."""
        seen = len(self.told(method))
        while len(self.told(method)) == seen:
            answer = self.receive()
            self.events.append((answer.get("method"), answer.get("params", {})))

    def open(self, url):
        """Until it has loaded."""
        self.send("Page.navigate", url=url)
        while self.run("document.readyState + ' ' + location.href.split('#')[0]") != f"complete {url.split('#')[0]}":
            pass

    def run(self, script):
        """The value of an expression on the page."""
        result = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def looks(self, scheme="light", width=1300, height=900):
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def key(self, key, code, text=""):
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, text=text)
