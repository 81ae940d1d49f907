#!/usr/bin/env python3
"""Renews hotpath/data/uap-core/regexes.json, the rules by which the filter `useragent` tells user agents apart.

They are those of the ua-parser project (uap-core), taken from the newest package `ua-parser-builtins` of the Python
package index, which is published every month. The package holds them as Python calls; they are read here without
running anything of it, and written under the names that uap-core's regexes.yaml gives them, one rule a line.

    scripts/user-agents.py            # needs python3 and pip
"""

import ast
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "hotpath" / "data" / "uap-core"

# The calls in the package: which list of rules each belongs to, and what its arguments are.
RULES = {
    "UserAgentMatcher": (
        "user_agent_parsers",
        ["regex", "family_replacement", "v1_replacement", "v2_replacement", "v3_replacement", "v4_replacement"],
    ),
    "OSMatcher": (
        "os_parsers",
        ["regex", "os_replacement", "os_v1_replacement", "os_v2_replacement", "os_v3_replacement", "os_v4_replacement"],
    ),
    "DeviceMatcher": (
        "device_parsers",
        ["regex", "regex_flag", "device_replacement", "brand_replacement", "model_replacement"],
    ),
}


def download(folder):
    """The newest package, and its version."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "ua-parser-builtins"]
    subprocess.run(command, check=True)
    wheel = next(Path(folder).glob("*.whl"))
    return zipfile.ZipFile(wheel), wheel.name.split("-")[1]


def read_rules(source):
    """The rules in the text of the package's matchers.py, in their order."""
    rules = {name: [] for name, _ in RULES.values()}
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        list_name, arguments = RULES[call.func.id]
        values = [ast.literal_eval(argument) for argument in call.args]
        named = dict(zip(arguments, values, strict=False))
        named |= {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        line = call.lineno
        rules[list_name].append((line, {key: value for key, value in named.items() if value is not None}))
    return {name: [rule for _, rule in sorted(found, key=lambda item: item[0])] for name, found in rules.items()}


def write(rules, path):
    lists = []
    for name, found in rules.items():
        lines = ",\n".join(json.dumps(rule, ensure_ascii=False) for rule in found)
        lists.append(f'"{name}": [\n{lines}\n]')
    path.write_text("{" + ",\n".join(lists) + "}\n", encoding="utf-8")


def main():
    with tempfile.TemporaryDirectory() as folder:
        package, version = download(folder)
        rules = read_rules(package.read("ua_parser_builtins/matchers.py").decode())
        revision = package.read("REVISION").decode().strip()
    if not all(len(found) > 100 for found in rules.values()):
        sys.exit("the package has another form than it had: nothing is written")
    write(rules, FOLDER / "regexes.json")
    (FOLDER / "REVISION").write_text(
        f"uap-core {revision}\nua-parser-builtins {version}\n", encoding="utf-8"
    )
    print(", ".join(f"{len(found)} {name}" for name, found in rules.items()), "of uap-core", revision)


if __name__ == "__main__":
    main()
