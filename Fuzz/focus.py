#!/usr/bin/env python3
# Which of the fuzzer's counters belong to which modules: focus.py PROGRAM PLACES MODULE... prints "first-end,first-end" for FUZZ_RANGES.
# PLACES is what the program wrote for FUZZ_PLACES. Read next: Sources/CFuzzer/CFuzzer.c.
import bisect
import collections
import os
import re
import subprocess
import sys

program, places, wanted = sys.argv[1], sys.argv[2], set(sys.argv[3:])
sources = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Sources")
modules = {name for part in os.listdir(sources) for name in os.listdir(os.path.join(sources, part))} | {"Entrances"}
if unknown := wanted - modules:
    sys.exit(f"focus: no such modules: {' '.join(sorted(unknown))}")

base, symbols = 0, []
for line in subprocess.run(["nm", "--defined-only", program], capture_output=True, text=True, check=True).stdout.splitlines():
    address, kind, name = line.split(maxsplit=2)
    if name == "__executable_start":
        base = int(address, 16)
    elif kind in "tTwW":
        symbols.append((int(address, 16), name))
symbols.sort()
addresses = [address for address, _ in symbols]


def module(name):
    """The first module that a mangled name names: each part of it stands behind its length."""
    for part in re.finditer(r"(\d+)([A-Za-z]+)", name):
        word = part[2][: int(part[1])]
        if word in modules:
            return word
    return None


owners = []
for line in open(places):
    index = bisect.bisect_right(addresses, int(line, 16) + base) - 1
    owners.append(module(symbols[index][1]) if index >= 0 else None)

# A module's code lies together, but for functions of others that were made for it: the majority of a stretch decides.
stretch, owner, ranges = 64, None, []
for first in range(0, len(owners), stretch):
    named = collections.Counter(name for name in owners[first : first + stretch] if name)
    owner = named.most_common(1)[0][0] if named else owner
    end = min(first + stretch, len(owners))
    if owner not in wanted:
        continue
    if ranges and ranges[-1][1] == first:
        ranges[-1][1] = end
    else:
        ranges.append([first, end])
print(",".join(f"{first}-{end}" for first, end in ranges))
