"""
Says which Python files of a project import which, by reading them; nothing of the project is run. It takes a JSON object
on its standard input (`root`; `missing`: files that are gone and may still be imported; `always`: modules that every
test imports) and prints another: `edges` (file to files), `open` (files that import what only running them would tell),
`always` (files), `files`, `isWhole` (not too many).

In doubt an edge too many: what a name means depends on `sys.path`, so every file that fits the name is taken. Names of
modules in texts count, too: they are patched, loaded by name, or started as programs.
"""
import ast
import json
import os
import re
import sys

MOST_FILES = 20000
LARGEST_BYTES = 2000000
FOREIGN = {'node_modules', '__pycache__', 'site-packages'}
DOTTED = re.compile(r'^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?::\w+)?$')
TEXT = re.compile(rb"""['"]([A-Za-z_./][\w./-]{1,198}(?::\w+)?)['"]""")
SPECIAL = re.compile(rb'import_module|__import__|run_module|find_spec|spec_from_file|SourceFileLoader|run_path|iter_modules|walk_packages|_APPS\b')
LOADERS = {'import_module', '__import__', 'run_module', 'find_spec'}
FROM_FILES = {'spec_from_file_location', 'SourceFileLoader', 'run_path'}


def stdlib_names():
    names = getattr(sys, 'stdlib_module_names', None)
    if names is not None:
        return set(names)
    folder = os.path.dirname(os.__file__)
    return {name.split('.')[0] for name in os.listdir(folder)} | set(sys.builtin_module_names)


def python_files(root):
    found = []
    for folder, folders, files in os.walk(root):
        if 'pyvenv.cfg' in files and folder != root:
            folders[:] = []
            continue
        folders[:] = sorted(name for name in folders if name not in FOREIGN and not name.startswith('.'))
        at = os.path.relpath(folder, root).replace(os.sep, '/')
        prefix = '' if at == '.' else at + '/'
        found.extend(prefix + name for name in files if name.endswith('.py'))
        if len(found) > MOST_FILES:
            return found, False
    return sorted(found), True


class Modules:
    """Files by the names that they may be imported by: a name is the end of a path."""

    def __init__(self, files):
        self.files = set(files)
        self.by_last = {}
        self.by_folder = {}
        self.by_name = {}
        self.stdlib = stdlib_names()
        for path in files:
            parts = path[:-3].split('/')
            self.by_name.setdefault(parts[-1] + '.py', []).append(path)
            if parts[-1] in ('__init__', '__main__') and len(parts) > 1:
                parts = parts[:-1]
            self.by_last.setdefault(parts[-1], []).append((parts, path))
            for depth in range(1, len(path.split('/'))):
                self.by_folder.setdefault('/'.join(path.split('/')[:depth]), []).append(path)

    def fitting(self, names):
        """All files that the whole of a dotted name may mean, with the packages above them."""
        found = []
        for parts, path in self.by_last.get(names[-1], ()):
            if parts[-len(names) :] != names:
                continue
            # A file deep in the project that is named as a module of Python is not what `import logging` means.
            if names[0] in self.stdlib and len(parts) > len(names) + 1:
                continue
            found.append(path)
            found.extend(self.packages('/'.join(parts[: len(parts) - len(names)]), names))
        return found

    def packages(self, base, names):
        for depth in range(1, len(names)):
            path = '/'.join(([base] if base else []) + names[:depth] + ['__init__.py'])
            if path in self.files:
                yield path

    def named(self, name, least=1):
        """Files of the longest beginning of a dotted name that there are any for."""
        names = name.split('.')
        for length in range(len(names), least - 1, -1):
            found = self.fitting(names[:length])
            if found:
                return found
        return []

    def told(self, name):
        """What a text may mean: a dotted name, or a module or program at the top."""
        top, _, rest = name.partition('.')
        found = self.named(name, 2) if rest else []
        endings = ('.py', '/__init__.py') if rest else ('/__init__.py', '/__main__.py')
        tops = [start + top + ending for start in ('', 'src/') for ending in endings]
        return found or [path for path in tops if path in self.files]

    def below(self, folder):
        return self.by_folder.get(folder, [])

    def below_name(self, name):
        """All files of packages with this dotted name."""
        ending = '/' + name.replace('.', '/')
        folders = [folder for folder in self.by_folder if ('/' + folder).endswith(ending)]
        return [path for folder in folders for path in self.below(folder)]


def statements(tree):
    """All statements of a tree; what is inside of expressions is left out."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for name in ('body', 'orelse', 'finalbody', 'handlers', 'cases'):
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                waiting.extend(inner)


def text_of(node):
    """The text that a node stands for; None for anything else. Before Python 3.8 such nodes had another name."""
    value = getattr(node, 'value', None) if type(node).__name__ == 'Constant' else getattr(node, 's', None)
    return value if isinstance(value, str) else None


class Reader:
    """One file: what it imports."""

    def __init__(self, path, modules):
        self.path = path
        self.folder = path.rpartition('/')[0]
        self.modules = modules
        self.found = set()
        self.is_open = False

    def read(self, source):
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            # It cannot be loaded as it is; what it would import is what its lines name.
            for line in re.findall(rb'^\s*(?:from|import)\s+([\w.]+)', source, re.M):
                self.take(self.modules.named(line.decode('ascii', 'replace').strip('.') or '_'))
            return
        # To walk all of a tree takes most of the time: only where something in the text asks for it.
        for node in ast.walk(tree) if SPECIAL.search(source) else statements(tree):
            visit = VISITS.get(type(node))
            if visit is not None:
                visit(self, node)
        for value in set(TEXT.findall(source)):
            self.text(value.decode('ascii'))

    def take(self, paths):
        self.found.update(paths)

    def plain_import(self, node):
        for alias in node.names:
            self.take(self.modules.named(alias.name))

    def from_import(self, node):
        names = [alias.name for alias in node.names]
        if node.level:
            self.relative(node.level, node.module, names)
            return
        for name in names:
            if name == '*':
                self.take(self.modules.named(node.module))
                self.take(self.modules.below_name(node.module))
            else:
                self.take(self.modules.named(node.module + '.' + name))

    def relative(self, level, module, names):
        base = self.folder.split('/') if self.folder else []
        base = base[: len(base) - (level - 1)] if level > 1 else base
        parts = base + (module.split('.') if module else [])
        self.exactly(parts)
        for name in names:
            if name == '*':
                self.take(self.modules.below('/'.join(parts)))
            else:
                self.exactly(parts + [name])

    def exactly(self, parts):
        path = '/'.join(parts)
        for each in (path + '.py', path + '/__init__.py', '/'.join(parts[:-1] + ['__init__.py'])):
            if each in self.modules.files:
                self.found.add(each)

    def call(self, node):
        name = getattr(node.func, 'attr', None) or getattr(node.func, 'id', None)
        if name in LOADERS and node.args:
            self.loaded(node.args[0])
        elif name in FROM_FILES:
            if not any((text_of(each) or '').endswith('.py') for each in ast.walk(node)):
                self.is_open = True
        elif name in ('iter_modules', 'walk_packages'):
            self.take(self.modules.below(self.folder))

    def loaded(self, argument):
        """A module that is loaded by a name: the beginning of it may be known."""
        if text_of(argument) is not None:
            return
        first = argument
        while isinstance(first, (ast.JoinedStr, ast.BinOp, ast.FormattedValue)):
            if isinstance(first, ast.JoinedStr):
                first = first.values[0] if first.values else None
            elif isinstance(first, ast.FormattedValue):
                first = first.value
            else:
                first = first.left
        if isinstance(first, ast.Name) and first.id in ('__name__', '__package__'):
            self.take(self.modules.below(self.folder))
        elif '.' in (text_of(first) or ''):
            start = text_of(first).rpartition('.')[0]
            self.take(self.modules.below_name(start) if start else self.modules.below(self.folder))
        else:
            self.is_open = True

    def text(self, value):
        if value.endswith('.py'):
            ending = '/' + value.lstrip('./')
            self.take(each for each in self.modules.by_name.get(value.rpartition('/')[2], ()) if ('/' + each).endswith(ending))
        elif DOTTED.match(value):
            self.take(self.modules.told(value.partition(':')[0]))

    def assigned(self, node):
        """Django loads what its list of applications names, file by file and by names of its own."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if not any(getattr(target, 'id', '').endswith('_APPS') for target in targets) or node.value is None:
            return
        for each in ast.walk(node.value):
            name = text_of(each)
            if name is not None and DOTTED.match(name):
                self.take(self.modules.below_name(name.partition('.apps.')[0]))


VISITS = {
    ast.Import: Reader.plain_import,
    ast.ImportFrom: Reader.from_import,
    ast.Call: Reader.call,
    ast.Assign: Reader.assigned,
    ast.AugAssign: Reader.assigned,
    ast.AnnAssign: Reader.assigned,
}


def main():
    asked = json.load(sys.stdin)
    root = asked['root']
    files, is_whole = python_files(root)
    modules = Modules(files + [path for path in asked['missing'] if path.endswith('.py') and path not in files])
    edges, opened = {}, []
    for path in files if is_whole else []:
        reader = Reader(path, modules)
        try:
            full = os.path.join(root, path)
            if os.path.getsize(full) > LARGEST_BYTES:
                continue
            with open(full, 'rb') as file:
                reader.read(file.read())
        except OSError:
            continue
        reader.found.discard(path)
        if reader.found:
            edges[path] = sorted(reader.found)
        if reader.is_open:
            opened.append(path)
    always = sorted({path for name in asked['always'] for path in modules.named(name)})
    json.dump({'edges': edges, 'open': opened, 'always': always, 'files': files, 'isWhole': is_whole}, sys.stdout)


main()
