"""Chromium's own network panel, open on a page as a person would have it, and the HAR that it exports.

The panel is the browser's: its page, devtools://, runs in a tab of its own and speaks to the page by the browser's port, as
it does for everybody. So the files are made by the very code that makes them when somebody clicks on "Export HAR".
"""
import json

from rig import until

FLAGS = ("--remote-debugging-port=0", "--remote-allow-origins=*")

# What it has drawn shows that it is set up; asked for before that, its parts would be made too early.
STANDS = "document.querySelector('.root-view') !== null"

# Its network log.
LOG = """(async () => {
    const logs = await import('devtools://devtools/bundled/models/logs/logs.js');
    return logs.NetworkLog.NetworkLog.instance().requests();
})()"""

EXPORT = f"""(async () => {{
    const har = await import('devtools://devtools/bundled/models/har/har.js');
    return JSON.stringify({{log: await har.Log.Log.build(await {LOG}, {{sanitize: false}})}});
}})()"""


class DevTools:
    """On the page of a Browser that was started with FLAGS and that `folder`. Opens `url` there."""

    def __init__(self, browser, folder, url):
        self.browser = browser
        ready = folder / "DevToolsActivePort"
        port = until(lambda: ready.exists() and ready.read_text().split("\n")[0])
        with browser.on(None):
            page = next(t["targetId"] for t in browser.send("Target.getTargets")["targetInfos"] if t["type"] == "page")
            panel = browser.send("Target.createTarget", url="devtools://devtools/bundled/devtools_app.html"
                                                            f"?ws=127.0.0.1:{port}/devtools/page/{page}")
            self.session = browser.send("Target.attachToTarget", targetId=panel["targetId"], flatten=True)["sessionId"]
        until(self.sees, url)

    def sees(self, url):
        """Has the panel seen that the page was opened? It may not listen yet."""
        self.browser.open("about:blank")
        self.browser.open(url)
        with self.browser.on(self.session):
            return self.browser.run(STANDS) and self.browser.run(f"{LOG}.then(all => all.length)")

    def has(self, last):
        """Has it heard of that URL, and of the end of everything?"""
        return self.browser.run(f"{LOG}.then(all => all.every(one => one.finished) && all.some(one => one.url() == '{last}'))")

    def har(self, last):
        """Once it knows all that the page asked for, down to the URL that came last."""
        with self.browser.on(self.session):
            until(self.has, last)
            return json.loads(self.browser.run(EXPORT))
