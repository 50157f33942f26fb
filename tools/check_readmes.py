#!/usr/bin/env python3
"""Fails where a folder of src/ has a file that its README does not name, or the README names one twice, or one that is gone.

`x.h` stands for x.c as well. Private headers (`_impl.h`) need no naming, nor does what lies in a folder further down.
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
faults = []
for readme in sorted((root / "src").glob("*/README.md")):
    folder = readme.parent
    named = re.findall(r"`([\w/]+\.(?:c|h|def))`", readme.read_text())
    stems = {pathlib.PurePath(name).stem for name in named if "/" not in name}
    for name in sorted(set(named)):
        if named.count(name) > 1:
            faults.append(f"{readme}: names {name} {named.count(name)} times")
        if not any((place / name).exists() for place in (folder, root / "src", root)) and name != "_impl.h":
            faults.append(f"{readme}: names {name}, which is not there")
    for path in sorted(folder.iterdir()):
        if path.suffix in (".c", ".h", ".def") and path.stem not in stems and not path.name.endswith("_impl.h"):
            faults.append(f"{readme}: does not name {path.name}")
print("\n".join(dict.fromkeys(faults)) or "each file of src/ has its place in a README")
sys.exit(1 if faults else 0)
