#!/usr/bin/env python3
"""Fails on an #include that src/LAYERS does not allow, and on a private header used outside its folder."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".") / "src"
allowed = {}
for line in (root / "LAYERS").read_text().splitlines():
    line = line.split("#")[0].strip()
    if line:
        layer, below = line.split(":")
        allowed[layer.strip()] = set(below.split()) | {layer.strip()}

faults = []
for path in sorted(root.rglob("*.[ch]")):
    layer = path.relative_to(root).parts[0]
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not match:
            continue
        parts = match.group(1).split("/")
        where = f"{path}:{number}"
        if len(parts) != 2:
            faults.append(f'{where}: write "layer/file.h", not "{match.group(1)}"')
        elif parts[0] not in allowed.get(layer, set()):
            faults.append(f"{where}: {layer} may not include {parts[0]} (src/LAYERS)")
        elif parts[1].endswith("_impl.h") and parts[0] != layer:
            faults.append(f"{where}: {match.group(1)} is private to {parts[0]}")
print("\n".join(faults) or f"layers hold in {len(list(root.rglob('*.[ch]')))} files")
sys.exit(1 if faults else 0)
