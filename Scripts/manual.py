"""Writes a manual page of each command from what the program says of itself.

    zoo --experimental-dump-help | python3 manual.py FOLDER VERSION

The date of the pages is SOURCE_DATE_EPOCH's where that is set, so that the same program gives the same pages.
"""

import datetime
import json
import os
import pathlib
import sys


def text(words: str) -> str:
    """Words as roff takes them literally."""
    words = words.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("^", "\\(ha").replace("~", "\\(ti")
    return "\n".join("\\&" + line if line.startswith((".", "\\(aq")) else line for line in words.split("\n"))


def prose(words: str) -> list[str]:
    """Paragraphs are filled; lines that are indented, as in examples, stay as they are."""
    lines: list[str] = []
    literal = False
    for line in words.split("\n"):
        if line.startswith("  ") != literal:
            lines.append(".EX" if not literal else ".EE")
            literal = not literal
        lines.append(".PP" if not line.strip() else text(line))
    return lines + [".EE"] * literal


def spelled(argument: dict) -> str:
    value = f"\\fI{text(argument.get('valueName', ''))}\\fR"
    if argument["kind"] == "positional":
        return value
    names = [("\\-" if name["kind"] == "short" else "\\-\\-") + text(name["name"]) for name in argument.get("names", [])]
    written = ", ".join(f"\\fB{name}\\fR" for name in names)
    return written if argument["kind"] == "flag" else f"{written} {value}"


def synopsis(name: str, arguments: list[dict], has_subcommands: bool) -> str:
    parts = [f"\\fB{text(name)}\\fR"]
    if has_subcommands:
        parts.append("\\fIsubcommand\\fR")
    if any(argument["kind"] != "positional" for argument in arguments):
        parts.append("[\\fIoption\\fR ...]")
    for argument in arguments:
        if argument["kind"] == "positional":
            word = spelled(argument) + (" ..." if argument.get("isRepeating") else "")
            parts.append(f"[{word}]" if argument.get("isOptional") else word)
    return " ".join(parts)


def page(command: dict, path: list[str], date: str, version: str) -> list[str]:
    name = " ".join(path)
    arguments = [argument for argument in command.get("arguments", []) if argument.get("shouldDisplay", True)]
    subcommands = [sub for sub in command.get("subcommands", []) if sub.get("shouldDisplay", True) and sub["commandName"] != "help"]
    lines = [f'.TH "{text("-".join(path)).upper()}" 1 "{date}" "{text("zoo " + version)}" "STN Zoo"', ".SH NAME"]
    lines.append(f"{text('-'.join(path))} \\- {text(command.get('abstract', '').rstrip('.'))}")
    lines += [".SH SYNOPSIS", synopsis(name, arguments, bool(subcommands))]
    if command.get("discussion"):
        lines += [".SH DESCRIPTION", *prose(command["discussion"])]
    if subcommands:
        lines.append(".SH COMMANDS")
        for sub in subcommands:
            page_name = "-".join(path + [sub["commandName"]])
            lines += [".TP", f"\\fB{text(page_name)}\\fR(1)", text(sub.get("abstract", ""))]
    # Sections in the order in which the help has them.
    sections: dict[str, list[dict]] = {}
    for argument in arguments:
        title = argument.get("sectionTitle") or ("Arguments" if argument["kind"] == "positional" else "Options")
        sections.setdefault(title, []).append(argument)
    for title, members in sections.items():
        lines.append(f".SH {text(title).upper()}")
        for argument in members:
            said = " ".join(filter(None, [argument.get("abstract"), argument.get("discussion")]))
            if argument.get("allValues"):
                said += f" Values: {', '.join(argument['allValues'])}."
            if argument.get("defaultValue"):
                said += f" Default: {argument['defaultValue']}."
            lines += [".TP", spelled(argument), text(said) or "\\&"]
    lines += [".SH EXIT STATUS", "0 on success; other statuses are those of \\fBsysexits.h\\fR(3head)."]
    if len(path) > 1:
        lines += [".SH SEE ALSO", f"\\fB{text('-'.join(path[:-1]))}\\fR(1)"]
    return lines


def write(command: dict, path: list[str], folder: pathlib.Path, date: str, version: str) -> None:
    (folder / f"{'-'.join(path)}.1").write_text("\n".join(page(command, path, date, version)) + "\n", encoding="utf-8")
    for sub in command.get("subcommands", []):
        if sub.get("shouldDisplay", True) and sub["commandName"] != "help":
            write(sub, path + [sub["commandName"]], folder, date, version)


def main() -> None:
    folder, version = pathlib.Path(sys.argv[1]), sys.argv[2]
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    zone = datetime.timezone.utc
    moment = datetime.datetime.fromtimestamp(int(seconds), zone) if seconds else datetime.datetime.now(zone)
    dump = json.load(sys.stdin)
    folder.mkdir(parents=True, exist_ok=True)
    write(dump["command"], [dump["command"]["commandName"]], folder, moment.strftime("%Y-%m-%d"), version)


if __name__ == "__main__":
    main()
