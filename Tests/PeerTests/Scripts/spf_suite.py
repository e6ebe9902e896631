# Prints the test suite of RFC 7208 (YAML, of the form that pyspf's source has) as JSON: one scenario per line, its zone as
# {name: {type: [data, ...]}}, TIMEOUT among the types where a name has silent servers.
import json
import sys

import yaml


def texts(value):
    return value if isinstance(value, list) else [value]


def zone(data):
    names = {}
    for name, entries in data.items():
        found = names.setdefault(name.lower().rstrip("."), {})
        generated, wants = [], True
        for entry in entries:
            if entry == "TIMEOUT":
                found["TIMEOUT"] = []
                continue
            for type, value in entry.items():
                if type == "SPF":
                    generated.append(texts(value))
                elif type == "TXT":
                    wants = False
                    if value != "NONE":
                        found.setdefault("TXT", []).append("TIMEOUT" if value == "TIMEOUT" else texts(value))
                else:
                    found.setdefault(type, []).append(value)
        if wants and generated:
            found.setdefault("TXT", []).extend(generated)
    return names


with open(sys.argv[1], encoding="utf-8") as file:
    for scenario in yaml.safe_load_all(file):
        tests = [
            {
                "name": name,
                "helo": test["helo"],
                "host": test["host"],
                "sender": test["mailfrom"],
                "results": [test["result"]] if isinstance(test["result"], str) else test["result"],
                "explanation": test.get("explanation"),
            }
            for name, test in scenario["tests"].items()
        ]
        print(json.dumps({"description": scenario["description"], "zone": zone(scenario["zonedata"]), "tests": tests}))
