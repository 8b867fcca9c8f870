"""
What becomes of a test that fails: ``scripts/thrice.py``, on small suites of both runners.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts/thrice.py"
# A test that passes in the runs named; each run is a new process.
PYTEST = """
from pathlib import Path

import pytest

BEGUN = Path(__file__).with_name("begun")


@pytest.mark.parametrize("one", range({tests}))
def test_now_and_then(one):
    count = BEGUN.with_name(f"begun-{{one}}")
    count.write_text((count.read_text() if count.exists() else "") + "x")
    assert len(count.read_text()) in {passes}


def test_always():
    count = BEGUN.with_name("always")
    count.write_text((count.read_text() if count.exists() else "") + "x")
"""
NODE = """
import assert from 'node:assert'
import {{ appendFileSync, readFileSync }} from 'node:fs'
import {{ test }} from 'node:test'

for (let one = 0; one < {tests}; one += 1) {{
  test(`now and then ${{one}}`, () => {{
    const count = new URL(`./begun-${{one}}`, import.meta.url)
    appendFileSync(count, 'x')
    assert.ok({passes}.includes(readFileSync(count, 'utf8').length))
  }})
}}
"""
NODE_ALWAYS = """
import { appendFileSync } from 'node:fs'
import { test } from 'node:test'

test('always', () => appendFileSync(new URL('./always', import.meta.url), 'x'))
"""


def thrice(*arguments):
    command = [sys.executable, SCRIPT, *map(str, arguments)]
    # The plugins are slow to load, and these suites need none.
    known = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=known)


def python_suite(folder, tests, passes):
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_suite.py").write_text(PYTEST.format(tests=tests, passes=passes))
    return "pytest", folder


def node_suite(folder, tests, passes):
    script = "node --test '*.test.js'"
    (folder / "package.json").write_text(json.dumps({"type": "module", "scripts": {"test": script}}))
    (folder / "suite.test.js").write_text(NODE.format(tests=tests, passes=passes))
    (folder / "always.test.js").write_text(NODE_ALWAYS)
    return "node", folder


both = pytest.mark.parametrize("suite", [python_suite, node_suite])


@both
@pytest.mark.parametrize(
    ("passes", "status", "runs"),
    [
        ([1], 0, 1),
        ([2, 3, 4], 0, 4),
        ([], 1, 2),
        ([2, 3], 1, 4),
    ],
)
def test_what_failed_must_pass_three_times_in_a_row(suite, passes, status, runs, tmp_path):
    """
    A test that passed is not run again; one that failed is, until it fails again or has passed three times.
    """
    done = thrice(*suite(tmp_path, 1, passes))

    assert status == done.returncode, done.stdout + done.stderr
    assert runs == len((tmp_path / "begun-0").read_text())
    assert 1 == len((tmp_path / "always").read_text())
    assert (runs == 4 and status == 0) == ("unsteady, a defect to mend" in done.stdout)


@both
def test_what_was_unsteady_is_named(suite, tmp_path):
    """
    The last lines name each test that failed first, so that somebody can mend it.
    """
    done = thrice(*suite(tmp_path, 2, [2, 3, 4]))

    *_, said, first, second = done.stdout.splitlines()
    assert "thrice: unsteady, a defect to mend: failed once, then passed 3 times in a row" == said
    assert ["0", "1"] == ["".join(filter(str.isdigit, name.split("then")[-1])) for name in (first, second)]


@both
def test_more_than_three_are_no_accident(suite, tmp_path):
    """
    Where four fail, they have failed.
    """
    done = thrice(*suite(tmp_path, 4, [2, 3, 4]))

    assert 1 == done.returncode
    assert 1 == len((tmp_path / "begun-0").read_text())


@pytest.mark.parametrize("arguments", [[], ["node"], ["node", "/nowhere"], ["mocha", "."]])
def test_arguments_that_make_no_sense_are_refused(arguments):
    """
    What was found is said, and what should be there.
    """
    done = thrice(*arguments)

    assert 2 == done.returncode
    assert "give `pytest ARGUMENTS`, or `node` and the folder of a package" in done.stdout
    assert all(argument in done.stdout for argument in arguments)


def test_what_is_no_failing_test_is_not_tried_again(tmp_path):
    """
    No test there, or an option that does not exist: the runner's own exit code.
    """
    assert 5 == thrice("pytest", tmp_path).returncode
    assert 4 == thrice("pytest", "--no-such-option").returncode


@pytest.mark.parametrize("test", ["test('it', () => { throw new Error('\\u0001') })", "import './no-such-file.js'"])
def test_where_no_failing_test_can_be_named_the_suite_has_failed(test, tmp_path):
    """
    A report that is no XML, or a file that is none: one run, the runner's exit code, and no traceback of ours.
    """
    (tmp_path / "package.json").write_text(
        json.dumps({"type": "module", "scripts": {"test": "node --test '*.test.js'"}})
    )
    (tmp_path / "one.test.js").write_text(f"import {{ test }} from 'node:test'\n{test}\n")

    done = thrice("node", tmp_path)

    assert 1 == done.returncode
    assert "Traceback" not in done.stderr
    assert "unsteady" not in done.stdout
