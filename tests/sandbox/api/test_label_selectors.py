"""Label selectors in the words of the API server; the expectations are what kubectl says itself."""

import asyncio
import shutil

import pytest

from lwstui.sandbox.labelselectors import checks
from lwstui.sandbox.objects import StatusError

UNREADABLE = (
    ("!!", "@found '!', expected: identifier"),
    ("a=b,", "found '', expected: identifier after ','"),
    (",", "found ',', expected: !, identifier, or 'end of string'"),
    ("a b", "@found 'b', expected: in, notin, =, ==, !=, gt, lt"),
    ("a in b", "@found 'b' expected: '('"),
    ("a in (b", "@found '', expected: ',' or ')'"),
    ("a notin (b,c", "@found '', expected: ',' or ')'"),
    ("a=b c", "found 'c', expected: ',' or 'end of string'"),
    ("=b", "found '=', expected: !, identifier, or 'end of string'"),
    ("a=!b", "@found '!', expected: identifier"),
    ("(a)", "found '(', expected: !, identifier, or 'end of string'"),
    (
        "a>x",
        "@values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ),
    (
        "a<",
        "@values[0]: Invalid value: \"\": for 'Gt', 'Lt' operators, the value must be an integer",
    ),
    (
        "a<b",
        "@values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer",
    ),
    ("a!b", "@found '!', expected: in, notin, =, ==, !=, gt, lt"),
    ("!a=b", "found '=', expected: ',' or 'end of string'"),
    ("a=b=c", "found '=', expected: ',' or 'end of string'"),
    ("-a", '@<nil>: Invalid value: "-a": name part must consist of al*'),
    ("a/b/c=d", '@<nil>: Invalid value: "a/b/c": a qualified name must consis*'),
    ("a=-b", '@values[0][a]: Invalid value: "-b": a valid label must be an emp*'),
    ("a in (b,-c)", '@values[0][a]: Invalid value: "-c": a valid label must be an emp*'),
    ("a in", "@found '' expected: '('"),
    ("a in (b)c", "found 'c', expected: ',' or 'end of string'"),
    ("!", "@found '', expected: identifier"),
    ("a,,b", "found ',', expected: identifier after ','"),
    ('a="x"', '@values[0][a]: Invalid value: "\\"x\\"": a valid label must be an emp*'),
    ("é=1", '@<nil>: Invalid value: "é": name part must consist of al*'),
    ("a=b&c", '@values[0][a]: Invalid value: "b&c": a valid label must be an emp*'),
    ("a in (b c)", "@found 'c', expected: ',' or ')'"),
    ("A_/b=c", '@<nil>: Invalid value: "A_/b": prefix part a lowercase RFC *'),
    ("/b=c", '@<nil>: Invalid value: "/b": prefix part must be non-empty'),
    ("a/=c", '@<nil>: Invalid value: "a/": name part must be non-empty;*'),
    ("a===b", "@found '=', expected: identifier"),
    ("a=>b", "@found '>', expected: identifier"),
    ("a!b=c", "@found '!', expected: in, notin, =, ==, !=, gt, lt"),
    ("a=b)", "found ')', expected: ',' or 'end of string'"),
    ("a=(b)", "@found '(', expected: identifier"),
    ("!a b", "found 'b', expected: ',' or 'end of string'"),
)


def expected(words: str) -> str:
    """Write out what the table abbreviates: ``@`` how most begin, ``*`` a rule cut short."""
    return words.replace("@", "unable to parse requirement: ", 1)


@pytest.mark.parametrize(("selector", "words"), UNREADABLE)
def test_what_is_no_selector_is_refused(selector: str, words: str) -> None:
    with pytest.raises(StatusError) as refused:
        checks(selector)
    said, wanted = refused.value.message, expected(words)
    assert refused.value.code == 400
    if wanted.endswith("*"):
        assert said.startswith(wanted[:-1])
    else:
        assert said == wanted


@pytest.mark.kubectl
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
@pytest.mark.parametrize(("selector", "words"), UNREADABLE[::6])
async def test_kubectl_reads_selectors_by_the_same_rules(selector: str, words: str) -> None:
    command = ("create", "pdb", "x", "--min-available=1", "--dry-run=client")
    kubectl = await asyncio.create_subprocess_exec(
        "kubectl", *command, f"--selector={selector}", stderr=asyncio.subprocess.PIPE
    )
    _, err = await kubectl.communicate()
    assert expected(words).removesuffix("*") in err.decode()


LABELS = {"a": "1", "b": "x", "c": "", "in": "notin"}


@pytest.mark.parametrize(
    ("selector", "selects"),
    [
        ("", True),
        (" ", True),
        ("a", True),
        ("!a", False),
        ("! d , a", True),
        ("a=1,b==x", True),
        ("a=1,b!=x", False),
        ("d!=x", True),
        ("c=", True),
        ("a=", False),
        ("b in (x,y)", True),
        ("b in(y, z)", False),
        ("c in ()", True),
        ("c in (,)", True),
        ("b in (,x)", True),
        ("d notin (x)", True),
        ("b notin (x,)", False),
        ("a>0", True),
        ("a>1", False),
        ("a<2", True),
        ("b<2", False),
        ("d>0", False),
        ("in in (notin)", True),
        ("in=notin", True),
        ("in", True),
        ("!in", False),
    ],
)
def test_selectors_select(selector: str, selects: bool) -> None:
    assert all(check(LABELS) for check in checks(selector)) is selects


def test_names_that_are_too_long_are_refused() -> None:
    for selector, where in ((f"{'a' * 64}=b", "name part"), (f"a={'b' * 64}", "values[0][a]")):
        with pytest.raises(StatusError, match="must be no more than 63 bytes") as refused:
            checks(selector)
        assert where in refused.value.message
