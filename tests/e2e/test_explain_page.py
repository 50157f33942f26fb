"""The page that cairn explain --html writes, in a real browser: nothing in a header or a HAR runs in it or changes what it is,
its filter works, by keyboard too, and it can be read in light and dark, on a narrow screen, and without script.
"""
import json
import re
import subprocess

import pytest
from browser import Browser
from rig import CAIRN, until

# Each would do something, were it taken for markup or script anywhere.
HOSTILE = [
    "<script>window.ran=1</script>",
    '"><img src=x onerror=window.ran=1>',
    "'><svg/onload=window.ran=1>",
    "</style></script></title></textarea><script>window.ran=1</script>",
    "<!--<script>",
    "javascript:window.ran=1",
    "&lt;b&gt;&quot;&#39;",
    "\u2028window.ran=1\u2029",
    "\u202egnp.exe",
    "{{entries}}",
    "\\u003cscript\\u003ewindow.ran=1",
    "]]><a href=http://elsewhere.example/>",
]


def entry(url, fields, at_ms=0, method="GET", **more):
    headers = [{"name": name, "value": value} for name, value in fields]
    response = {"status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "headers": headers, "cookies": [],
                "content": {"size": 5000, "mimeType": "text/html"}, "redirectURL": "", "headersSize": -1, "bodySize": 2000,
                "_transferSize": 2000}
    return {"startedDateTime": f"2026-01-01T00:00:{at_ms // 1000:02}.{at_ms % 1000:03}Z", "time": 50, "cache": {},
            "request": {"method": method, "url": url, "httpVersion": "HTTP/1.1", "headers": [], "queryString": [], "cookies": [],
                        "headersSize": -1, "bodySize": 0},
            "response": response, "timings": {"send": 0, "wait": 40, "receive": 10}, "serverIPAddress": "192.0.2.1", **more}


def hostile_entries():
    for i, text in enumerate(HOSTILE):
        fields = [("X-Cache", f"HIT from {text}"), ("X-Served-By", text), ("Via", f"1.1 {text} (squid/5.7)"), ("X-Cache-Hits", text),
                  ("Cache-Status", f'"{text}"; fwd=miss; detail="{text}"'), ("Cache-Control", text), ("Vary", text), (text, text)]
        yield entry(f"https://{text}.example/{text}?{text}", fields, 10 * i, method=text, serverIPAddress=text, _fromCache=text)


def plain_entries():
    hit = [("X-Cache", "HIT from edge-1"), ("X-Cache-Lookup", "HIT from edge-1:80"), ("Cache-Control", "max-age=60")]
    miss = [("X-Cache", "MISS from edge-1"), ("X-Cache-Lookup", "MISS from edge-1:80"), ("Cache-Control", "no-store")]
    for i in range(6):
        yield entry(f"https://www.site.example/hit/{i}", hit, 1000 + 100 * i)
    for i in range(3):
        yield entry(f"https://api.site.example/miss/{i}", miss, 2000 + 100 * i)


def write_page(folder, entries, name="page.har"):
    har, page = folder / name, folder / "page.html"
    har.write_text(json.dumps({"log": {"version": "1.2", "creator": {"name": "test", "version": "1"}, "entries": entries}}))
    done = subprocess.run([CAIRN, "explain", "--html", page, har], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return page


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    hostile, plain = tmp_path_factory.mktemp("hostile"), tmp_path_factory.mktemp("plain")
    return {"hostile": write_page(hostile, [*hostile_entries(), *plain_entries()], "<img src=x onerror=window.ran=1>.har"),
            "plain": write_page(plain, list(plain_entries()))}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as one:
        yield one


@pytest.fixture
def show(browser, pages):
    def open_page(name, **look):
        browser.events.clear()
        browser.looks(**look)
        browser.open(pages[name].as_uri())
        return browser
    return open_page


def complaints(browser):
    names = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
    return [event for event in browser.events if event[0] in names]


def asked_for(browser):
    return [params["request"]["url"] for params in browser.told("Network.requestWillBeSent")]


def visible(browser):
    return browser.run("Array.from(document.querySelectorAll('.entry')).filter(e => e.checkVisibility()).map(e => e.id)")


# ---- what is hostile ----

def test_nothing_runs_and_nothing_is_asked_for(show, pages):
    b = show("hostile")
    b.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    b.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert b.run("window.ran === undefined")
    assert complaints(b) == []
    assert asked_for(b) == [pages["hostile"].as_uri()]


def test_what_is_hostile_is_text(show):
    b = show("hostile")
    assert b.run("document.scripts.length") == 1
    assert b.run("document.querySelectorAll('style').length") == 1
    assert b.run("document.querySelectorAll('img, iframe, object, embed, link, base, image, foreignObject').length") == 0
    assert b.run("document.querySelectorAll('.entry').length") == len(HOSTILE) + 9
    links = b.run("Array.from(document.links, a => a.href)")
    assert links and all(re.match(r"https://www\.rfc-editor\.org/|file:///.*#e\d+$", link) for link in links), links
    handlers = b.run("Array.from(document.querySelectorAll('*')).flatMap(e => e.getAttributeNames()).filter(n => n.startsWith('on'))")
    assert handlers == []
    text = b.run("document.body.textContent")
    for shown in ("<script>window.ran=1</script>", "onerror=window.ran=1", "&lt;b&gt;", "\\u2028", "\\u202e"):
        assert shown in text, shown
    assert not any(c in text for c in "\u2028\u2029\u202e")
    assert "<img src=x onerror=window.ran=1>.har" in b.run("document.title")


def test_the_policy_holds_for_markup_that_is_there(show):
    """Were something to become markup after all, it would not run."""
    b = show("plain")
    b.run("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=window.ran=1>')")
    b.run("document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))")
    until(lambda: b.run("1") and len(complaints(b)) >= 2)
    assert b.run("window.ran === undefined")
    assert all("Content Security Policy" in event[1]["entry"]["text"] for event in complaints(b))


# ---- the filter ----

def choose(browser, field, value):
    browser.run(f"(() => {{ const f = document.getElementById('filter').elements.{field}; f.value = {json.dumps(value)};"
                " f.dispatchEvent(new Event('input', {bubbles: true})); })()")


def options(browser, field):
    return browser.run(f"Array.from(document.getElementById('filter').elements.{field}.options, o => o.value)")


def test_the_filter_shows_what_fits(show):
    b = show("plain")
    everything = [f"e{i + 1}" for i in range(9)]
    assert visible(b) == everything
    assert options(b, "host") == ["", "www.site.example", "api.site.example"]
    assert options(b, "by") == ["", "The first cache", "The origin"]
    choose(b, "by", "The origin")
    assert visible(b) == everything[6:]
    choose(b, "text", "MISS/1")
    assert visible(b) == ["e8"]
    assert b.run("document.querySelector('output').value") == "1 of 9 shown"
    choose(b, "host", "www.site.example")
    assert visible(b) == []
    b.run("document.querySelector('button[type=reset]').click()")
    until(lambda: visible(b) == everything)
    reason = options(b, "why")[1]
    choose(b, "why", reason)
    assert visible(b) == everything[6:]


def test_it_is_worked_by_keyboard(show):
    b = show("plain")
    b.run("document.querySelector('#filter input').focus()")
    for _ in range(6):  # the choices, the buttons, the first entry
        b.key("Tab", 9)
    assert b.run("document.activeElement.closest('.entry')?.id") == "e1"
    b.key("Enter", 13, "\r")
    assert b.run("document.getElementById('e1').firstElementChild.open")
    assert "It answered with what it had stored" in b.run("document.getElementById('e1').innerText")


def test_a_link_opens_its_entry(show):
    b = show("plain")
    b.run("location.hash = '#e7'")
    until(lambda: b.run("document.getElementById('e7').firstElementChild.open"))


# ---- how it looks ----

LUMINANCE = """(() => {
    const rgb = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
    const light = text => rgb(text).map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
        if (!c.startsWith('rgba(0, 0, 0, 0)')) return c; } return 'rgb(255, 255, 255)'; };
    document.querySelectorAll('details').forEach(d => { d.open = true; });
    return Array.from(document.querySelectorAll('h1, h2, h3, p, .word, .what, .host, .who, .num, .ev li, .remarks li, .remarks a, th, em'))
        .filter(e => e.checkVisibility() && e.textContent.trim())
        .map(e => [e.className || e.tagName, light(getComputedStyle(e).color), light(behind(e))])
        .map(([name, a, b]) => [name, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]);
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 400])
def test_it_can_be_read(show, scheme, width):
    b = show("hostile", scheme=scheme, width=width)
    contrasts = b.run(LUMINANCE)
    assert len(contrasts) > 50
    assert [c for c in contrasts if c[1] < 4.5] == []  # WCAG 2.2 1.4.3
    assert b.run("document.documentElement.scrollWidth") <= width
    background = b.run("getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)")
    assert (sum(background) > 600) == (scheme == "light")


def test_it_is_drawn_as_a_waterfall(show):
    b = show("plain")
    bars = b.run("Array.from(document.querySelectorAll('.bar'), s => { const r = s.querySelectorAll('rect'), all = s.getBoundingClientRect();"
                 " return [r[0].getBoundingClientRect().left - all.left, r[1].getBoundingClientRect().right - all.left, all.width]; })")
    assert len(bars) == 9
    assert bars[0][0] == 0 and bars[-1][1] >= 0.99 * bars[-1][2]
    assert all(one[0] < other[0] for one, other in zip(bars, bars[1:]))
    colours = b.run("['e1', 'e9'].map(id => getComputedStyle(document.querySelector(`#${id} .bar rect`)).fill)")
    assert colours[0] != colours[1]


def test_it_is_read_without_script(show):
    b = show("plain")
    b.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        b.send("Page.reload")
        b.waits_for("Page.loadEventFired")
        root = b.send("DOM.getDocument", depth=-1)["root"]
        form = b.send("DOM.querySelector", nodeId=root["nodeId"], selector="#filter")["nodeId"]
        assert "hidden" in b.send("DOM.getAttributes", nodeId=form)["attributes"]
        entries = b.send("DOM.querySelectorAll", nodeId=root["nodeId"], selector=".entry details summary")["nodeIds"]
        assert len(entries) == 9
        b.send("DOM.focus", nodeId=entries[0])
        b.key("Enter", 13, "\r")
        details = b.send("DOM.querySelector", nodeId=root["nodeId"], selector="#e1 details")["nodeId"]
        assert "open" in b.send("DOM.getAttributes", nodeId=details)["attributes"]
    finally:
        b.send("Emulation.setScriptExecutionDisabled", value=False)
