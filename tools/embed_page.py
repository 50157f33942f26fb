#!/usr/bin/env python3
"""Makes page.html, with page.css and page.js in it, into C: pieces of text, and what the program writes between them.

embed_page.py page.html page.css page.js OUTPUT

The policy allows this style sheet and this script, by their hashes, and nothing else.
"""
import base64
import hashlib
import pathlib
import re
import sys

html, style, script = (pathlib.Path(name).read_text(encoding="utf-8") for name in sys.argv[1:4])


def allowed(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


for name, text in (("style", style), ("script", script)):
    if f"</{name}" in text.lower() or "<!--" in text:
        sys.exit(f"the {name} would end before its end")
policy = f"default-src 'none'; style-src {allowed(style)}; script-src {allowed(script)}; base-uri 'none'; form-action 'none'"
for name, text in (("policy", policy), ("style", style), ("script", script)):
    html = html.replace("{{%s}}" % name, text)


def literal(text):
    lines = text.encode("utf-8").split(b"\n")
    quoted = ["".join(chr(c) if 32 <= c < 127 and c not in b'"\\?' else f"\\{c:03o}" for c in line) for line in lines]
    return "\n\t\t".join(f'"{line}{chr(92) + "n" if i + 1 < len(quoted) else ""}"' for i, line in enumerate(quoted))


out = ["/* Made of page.html, page.css and page.js by tools/embed_page.py. */", ""]
parts = re.split(r"\{\{(\w+)\}\}", html)
out.append("static const struct piece pieces[] = {")
for i in range(0, len(parts), 2):
    name = parts[i + 1].upper() if i + 1 < len(parts) else "END"
    out.append(f"\t{{ PART_{name}, STR_INIT(\n\t\t{literal(parts[i])}) }},")
out.append("};")
pathlib.Path(sys.argv[4]).write_text("\n".join(out) + "\n")
