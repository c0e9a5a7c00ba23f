# SPDX-License-Identifier: MIT
"""What the lints share: finding C files, blanking what is not code, finding functions.

Every lint is called as `LINT [TOP]`, prints `file:line: what is wrong`, and exits 1 if it
printed anything. Nothing here parses C in earnest: code is text whose comments and literals
have been blanked, with every byte left on its line and in its column.
"""
import os
import re
import sys

TOKEN = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
DIRECTIVE = re.compile(r'^[ \t]*#(?:\\\n|[^\n])*', re.M)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]', re.M)
CONTROL = {'if', 'for', 'while', 'switch'}


def top():
    here = os.path.dirname(os.path.abspath(__file__))
    return os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, '..', '..'))


def c_files(where, *directories, suffixes=('.c', '.h')):
    """Paths below `where`, relative to it, sorted."""
    found = []
    for directory in directories:
        for folder, subfolders, names in os.walk(os.path.join(where, directory)):
            subfolders[:] = [s for s in subfolders if s not in ('node_modules', '__pycache__')]
            for name in names:
                if name.endswith(suffixes):
                    found.append(os.path.relpath(os.path.join(folder, name), where))
    return sorted(found)


def blank(text):
    """Spaces instead of everything but newlines."""
    return re.sub(r'[^\n]', ' ', text)


def code_of(text):
    """The text with comments and the insides of literals blanked."""
    def replace(match):
        found = match.group()
        if found[0] == '/':
            return blank(found)
        return found[0] + blank(found[1:-1]) + found[-1]
    return TOKEN.sub(replace, text)


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1


def includes(text):
    """(line, '<' or '"', name) of every #include that is not commented out."""
    without_comments = TOKEN.sub(
        lambda m: blank(m.group()) if m.group()[0] == '/' else m.group(), text)
    return [(line_of(text, m.start()), m.group(1), m.group(2))
            for m in INCLUDE.finditer(without_comments)]


def opening(code, close):
    """The offset of the parenthesis that the one at `close` closes, or -1."""
    depth = 0
    for i in range(close, -1, -1):
        if code[i] == ')':
            depth += 1
        elif code[i] == '(':
            depth -= 1
            if depth == 0:
                return i
    return -1


def word_before(code, offset):
    match = re.search(r'(\w+)\s*$', code[max(0, offset - 200):offset])
    return match.group(1) if match else ''


def parameters(code, opened, close):
    """How many parameters stand between the parentheses at these offsets."""
    inside = code[opened + 1:close]
    if inside.strip() in ('', 'void'):
        return 0
    count, depth = 1, 0
    for char in inside:
        depth += (char in '([{') - (char in ')]}')
        count += char == ',' and depth == 0
    return count


def is_block(code, brace):
    """Whether the brace opens a block of statements (not an initializer)."""
    before = code[:brace].rstrip()
    if not before or before[-1] in ';{}:':
        return True
    if before[-1] == ')':
        word = word_before(before, opening(before, len(before) - 1))
        return word != '' and word not in ('return', 'sizeof')
    return word_before(before, len(before)) in ('else', 'do')


class Function:
    """One function definition: name, line, lines, complexity, nesting, parameters."""

    def __init__(self, code, head, body, end):
        before = code[:body].rstrip()
        close = before.rfind(')')
        opened = opening(before, close)
        self.name = word_before(before, opened)
        self.line = line_of(code, head)
        self.lines = line_of(code, end) - self.line + 1
        self.parameters = parameters(code, opened, close)
        text = code[body:end + 1]
        self.complexity = 1 + len(re.findall(r'\b(?:if|for|while|case)\b|&&|\|\||\?', text))
        self.nesting = deepest(code, body, end)


def deepest(code, body, end):
    """How deep blocks stand in the function body, which itself counts 0."""
    stack, most = [], 0
    for i in range(body + 1, end):
        if code[i] == '{':
            stack.append(all(stack) and is_block(code, i))
            most = max(most, sum(stack))
        elif code[i] == '}' and stack:
            stack.pop()
    return most


def functions(code):
    """Function definitions in blanked code."""
    code = DIRECTIVE.sub(lambda m: blank(m.group()), code)
    found, depth, statement, body = [], 0, 0, None
    for i, char in enumerate(code):
        if char == '{':
            if depth == 0 and code[:i].rstrip().endswith(')'):
                body = i
            depth += 1
        elif char == '}':
            depth -= 1
            if depth == 0:
                if body is not None:
                    head = statement + len(code[statement:]) - len(code[statement:].lstrip())
                    found.append(Function(code, head, body, i))
                    body = None
                statement = i + 1
        elif char == ';' and depth == 0:
            statement = i + 1
    return found


class Report:
    """Collects complaints; `finish` prints them in order and exits."""

    def __init__(self):
        self.lines = []

    def add(self, path, line, what):
        self.lines.append((path, line, what))

    def finish(self):
        for path, line, what in sorted(self.lines):
            print(f'{path}:{line}: {what}')
        sys.exit(1 if self.lines else 0)


def read(where, path):
    with open(os.path.join(where, path), encoding='utf-8') as file:
        return file.read()
