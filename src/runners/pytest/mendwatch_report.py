"""
Runs inside the project's own pytest (6 and later) and writes what it saw, a line of JSON for each thing, for
`raw-report.ts`, which is the other half of this contract. It decides nothing: what is red and what is not is judged
outside. One self-contained file for Python 3.6 and later.

The project's settings stay. What is set here keeps a run complete: no stopping at the first failure, no choice by what
failed last, no debugger, no coverage (its threshold would fail the run).
"""
import json
import os
import sys
import traceback

import pytest

TEXT_LIMIT = 16000
SECTION_LIMIT = 1500

COMPLETE = {
    'maxfail': 0,
    'continue_on_collection_errors': True,
    'lf': False,
    'failedfirst': False,
    'newfirst': False,
    'cacheshow': None,
    'stepwise': False,
    'stepwise_skip': False,
    'usepdb': False,
    'trace': False,
    'collectonly': False,
    'setuponly': False,
    'setupplan': False,
    'looponfail': False,
    'showlocals': False,
    'tbstyle': 'short',
}


def _open_report():
    """Tests do not learn where the report goes; workers of xdist do not either: the first process reports for them."""
    path = os.environ.pop('MENDWATCH_TEST_REPORT', None)
    token = os.environ.pop('MENDWATCH_TEST_TOKEN', None)
    if path is None:
        return lambda kind, **facts: None
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    # Bound now: tests replace functions of these modules, and a child that was forked must not report.
    write, dumps, getpid, own = os.write, json.dumps, os.getpid, os.getpid()

    def tell(kind, **facts):
        if getpid() != own:
            return
        line = (dumps(dict(facts, token=token, kind=kind)) + '\n').encode('ascii')
        while line:
            line = line[write(handle, line) :]

    return tell


def _lead_to_lane():
    """
    Installations in editable mode lead to the person's own tree, and so may PYTHONPATH. What is to be tested lies in
    the lane: such places are moved there, for this process and for those that tests start.
    """
    given = os.environ.pop('MENDWATCH_PYTHONPATH', '')
    project = os.environ.pop('MENDWATCH_PROJECT', '')
    lane = os.environ.pop('MENDWATCH_LANE', '')
    moved = []

    def twin(path):
        real = os.path.realpath(path)
        inside = real == project or real.startswith(project + os.sep)
        if not inside or real.startswith(os.path.realpath(sys.prefix) + os.sep) or 'site-packages' in real:
            return path
        there = lane + real[len(project) :]
        return there if os.path.exists(there) else path

    if project and lane and project != lane:
        for at, path in enumerate(sys.path):
            if path and twin(path) != path:
                sys.path[at] = twin(path)
                moved.append(sys.path[at])
        for table in _redirections():
            for name, path in list(table.items()):
                if isinstance(path, str) and twin(path) != path:
                    table[name] = twin(path)
                    moved.append(os.path.dirname(table[name].replace(os.sep + '__init__.py', '')))
                elif isinstance(path, list):
                    table[name] = [twin(each) for each in path]
    rest = [twin(path) for path in given.split(os.pathsep) if path]
    paths = rest + [path for path in dict.fromkeys(moved) if path not in rest]
    if paths:
        os.environ['PYTHONPATH'] = os.pathsep.join(paths)
    else:
        os.environ.pop('PYTHONPATH', None)


def _redirections():
    """Tables of import finders that editable installations have set up: setuptools', and the package `editables`'."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith('__editable__')]
    owners = [(module, name) for module in modules for name in ('MAPPING', 'NAMESPACES')]
    owners += [(finder, '_redirections') for finder in sys.meta_path]
    return [table for table in (getattr(owner, name, None) for owner, name in owners) if isinstance(table, dict)]


tell = _open_report()
_lead_to_lane()


def _cut(text, limit=TEXT_LIMIT):
    if len(text) <= limit:
        return text
    half = limit // 2
    return text[:half] + '\n[...]\n' + text[-half:]


def _describe(error):
    """The error itself first, then the frames that are not of the machinery."""
    frames = traceback.extract_tb(error.__traceback__)
    machinery = ('_pytest', 'pluggy', 'importlib', '<frozen')
    own = [frame for frame in frames if not any(word in frame.filename for word in machinery)]
    kind = ''.join(traceback.format_exception_only(type(error), error))
    return _cut(kind + ''.join(traceback.format_list(own)))


@pytest.hookimpl(hookwrapper=True)
def pytest_load_initial_conftests(early_config):
    options = early_config.known_args_namespace
    if hasattr(options, 'cov_source'):
        options.no_cov = True
    rootdir = str(getattr(early_config, 'rootpath', None) or early_config.rootdir)
    tell(
        'begin',
        version=pytest.__version__,
        rootdir=os.path.realpath(rootdir),
        patterns=[str(each) for each in early_config.getini('python_files')],
        testpaths=[str(each) for each in early_config.getini('testpaths')],
    )
    outcome = yield
    if outcome.excinfo is not None and type(outcome.excinfo[1]).__name__ == 'ConftestImportFailure':
        failure = outcome.excinfo[1]
        cause = getattr(failure, 'cause', None) or failure.excinfo[1]
        tell('conftest', path=os.path.realpath(str(failure.path)), text=_describe(cause))


@pytest.hookimpl(hookwrapper=True)
def pytest_cmdline_main(config):
    for name, value in COMPLETE.items():
        if hasattr(config.option, name):
            setattr(config.option, name, value)
    yield


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector):
    outcome = yield
    # Some versions let a file that calls sys.exit() end the whole run.
    if outcome.excinfo is not None and isinstance(outcome.excinfo[1], SystemExit):
        from _pytest.reports import CollectReport

        outcome.force_result(CollectReport(collector.nodeid, 'failed', _describe(outcome.excinfo[1]), []))


def pytest_collectreport(report):
    if report.failed:
        tell('load', node=report.nodeid, text=_cut(report.longreprtext))
    elif report.skipped:
        tell('left-out', node=report.nodeid)


def pytest_collection_finish(session):
    tell('collected', nodes=sorted({item.nodeid for item in session.items}))


def pytest_runtest_logstart(nodeid):
    tell('running', node=nodeid)


def pytest_runtest_logreport(report):
    if report.when != 'call' and report.outcome == 'passed':
        return
    crash = getattr(report.longrepr, 'reprcrash', None)
    facts = {'node': report.nodeid, 'when': report.when, 'outcome': report.outcome}
    facts['durationMs'] = getattr(report, 'duration', 0) * 1000
    facts['xfail'] = hasattr(report, 'wasxfail')
    if report.outcome in ('failed', 'rerun'):
        facts['crash'] = _cut(str(getattr(crash, 'message', '') or ''))
        facts['text'] = _cut(report.longreprtext)
        facts['printed'] = ''.join(
            '--- %s ---\n%s\n' % (name, text[-SECTION_LIMIT:].strip())
            for name, text in report.sections
            if text.strip() and name.endswith(report.when)
        )
    context = getattr(report, 'context', None)
    if type(report).__name__ in ('SubTestReport', 'SubtestReport') and context is not None:
        named = ['%s=%r' % item for item in getattr(context, 'kwargs', {}).items()]
        facts['subtest'] = ' '.join([str(getattr(context, 'msg', None) or '')] + named).strip() or 'subtest'
    tell('test', **facts)


def pytest_internalerror(excrepr):
    tell('internal', text=_cut(str(excrepr)))


def pytest_keyboard_interrupt(excinfo):
    tell('interrupted', text=_cut('%s: %s' % (excinfo.typename, excinfo.value)))


@pytest.hookimpl(hookwrapper=True)
def pytest_sessionfinish(session):
    yield
    tell('end', exitCode=int(session.exitstatus))
