#!/usr/bin/env python3
"""Runs the commands of README.md and docs/*.md as a reader would: run_commands.py PROGRAM SOURCES [NAME ...]

Every fenced block says what it is. Those of `sh` are run, a document's in their order, in a directory of its
own that has the sources' data/ and docs/ and the program as build/manygpcm and on the PATH. A block that can't
be run stands below a comment that says why: <!-- not run: it takes an hour -->; one that is to fail below
<!-- exit code 2 -->. Commands stand nowhere else but in such blocks and in `code`, whose options must be the
command's.
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import time

COMMAND = re.compile(r"(\$ )?(\S*/)?(manygpcm|cmake|ctest|ninja)( |$)|(scripts|bench)/\S+")
NOT_RUN = re.compile(r"<!-- not run: \S.* -->")
EXIT_CODE = re.compile(r"<!-- exit code (\d+) -->")
INLINE = re.compile(r"`(?:build/)?manygpcm ([a-z]+) ([^`]*)`")
ABBREVIATIONS = {"QWK": "quadratic weighted kappa", "AUC": "area under the ROC curve", "CE": "cross-entropy"}
TIMEOUT = 600  # seconds, of a block


class Block:
    """One that stands below the line `before`."""

    def __init__(self, line, language, before):
        self.line, self.language, self.text = line, language, ""
        self.run = language == "sh" and not NOT_RUN.fullmatch(before)
        code = EXIT_CODE.fullmatch(before)
        self.exit_code = int(code[1]) if code else 0


def blocks_of(text, complain):
    """The fenced blocks; commands that stand outside of them are complained of."""
    blocks, block, before = [], None, ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            if block is None:
                block = Block(number, line.strip()[3:], before)
                if not block.language:
                    complain(number, "a block without a language; expected sh, text or another")
            else:
                blocks.append(block)
                block = None
        elif block is not None:
            block.text += line + "\n"
            if block.language != "sh" and COMMAND.match(line.strip()):
                complain(number, f"a command in a block of {block.language}; expected sh")
        elif line.startswith("    ") and COMMAND.match(line.strip()):
            complain(number, "an indented command; expected a block of sh")
        if line.strip():
            before = line.strip()
    if block is not None:
        complain(block.line, "the block has no end")
    return blocks


def check_abbreviations(text, complain):
    """Where a measure's abbreviation stands first, so do its words."""
    for short, words in ABBREVIATIONS.items():
        first = re.search(rf"\b{short}\b", text)
        if first and words.lower() not in " ".join(text[max(0, first.start() - 100):first.end() + 100].split()).lower():
            complain(text.count("\n", 0, first.start()) + 1, f"{short} without its words, {words}")


def check_inline(text, helps, program, complain):
    """Options in `manygpcm COMMAND --option` must be the command's."""
    for number, line in enumerate(text.splitlines(), 1):
        for command, rest in INLINE.findall(line):
            if command == "help":
                continue
            if command not in helps:
                done = subprocess.run([program, command, "--help"], capture_output=True, text=True)
                helps[command] = done.stdout if done.returncode == 0 else None
            if helps[command] is None:
                complain(number, f"no command '{command}'")
                continue
            for option in re.findall(r"--[a-z][a-z-]*", rest):
                if not re.search(re.escape(option) + r"(?![a-z-])", helps[command]):
                    complain(number, f"{command} has no option {option}")


def main():
    program, sources = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    files = [sources / "README.md", *sorted((sources / "docs").glob("*.md"))]
    if sys.argv[3:]:
        files = [file for file in files if file.name in sys.argv[3:] or file.stem in sys.argv[3:]]
    failures, helps = [], {}
    n_run = 0
    for file in files:
        name = file.relative_to(sources)

        def complain(line, what):
            failures.append(f"{name}:{line}: {what}")

        text = file.read_text(encoding="utf-8")
        blocks = blocks_of(text, complain)
        check_inline(text, helps, str(program), complain)
        check_abbreviations(text, complain)
        with tempfile.TemporaryDirectory(prefix="manygpcm-docs-") as scratch:
            place = pathlib.Path(scratch)
            (place / "build").mkdir()
            (place / "build" / "manygpcm").symlink_to(program)
            for folder in ("data", "docs"):
                (place / folder).symlink_to(sources / folder)
            for block in blocks:
                if not block.run:
                    continue
                start = time.monotonic()
                try:
                    done = subprocess.run(
                        ["bash", "-euo", "pipefail", "-c", 'PATH="$PWD/build:$PATH"\n' + block.text],
                        cwd=place, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                        text=True, timeout=TIMEOUT)
                except subprocess.TimeoutExpired:
                    complain(block.line, f"the block ran for more than {TIMEOUT} s")
                    continue
                n_run += 1
                print(f"{name}:{block.line}: {time.monotonic() - start:.1f} s")
                if done.returncode != block.exit_code:
                    complain(block.line, f"exit code {done.returncode}, expected {block.exit_code}, of\n"
                                         f"{block.text}{done.stdout}")
    print(*failures, sep="\n")
    print(f"{n_run} blocks run, {len(failures)} failures")
    return 1 if failures or n_run == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
