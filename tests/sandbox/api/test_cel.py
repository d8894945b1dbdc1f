"""The CEL subset of validation rules."""

from typing import Any

import pytest

from lwstui.sandbox.cel import CelError, CelSyntaxError, compile_rule
from lwstui.sandbox.rules import compile_rules

SELF = {"n": 4, "s": "50%", "list": [1, 2, 3], "map": {"a": 1}, "flag": True, "none": None}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3 % 4", 1),
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("7.0 / 2.0", 3.5),
        ("self.n >= 4 && self.n < 5", True),
        ("!self.flag || self.n == 4", True),
        ("self.n == 4 ? 'yes' : 'no'", "yes"),
        ("has(self.n) && !has(self.x) && !has(self.none)", True),
        ("self.s.matches('^[0-9]+%$')", True),
        ("int(self.s.replace('%', '')) + 1", 51),
        ("self.s.size() + size(self.list)", 6),
        ("type(self.n) == int && type(self.s) == string && type(self.s) != int", True),
        ('string(self.n) + "\'"', "4'"),
        ("2 in self.list && !('b' in self.map)", True),
        ("self.list.all(x, x > 0) && self.list.exists(x, x == 3)", True),
        ("self.list.filter(x, x > 1).map(x, x * 10)", [20, 30]),
        ("self.list.exists_one(x, x > 2)", True),
        ("self.list[1] + self.map['a']", 3),
        ("[1, 2] == [1, 2]", True),
        ("1 == '1'", False),
        ("true == 1", False),
        (r"r'\d' + '\n'", "\\d\n"),
        ("self.flag || self.missing > 1", True),
        ("self.missing > 1 || self.flag", True),
        ("self.missing > 1 && !self.flag", False),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert compile_rule(text).evaluate({"self": SELF}) == value


@pytest.mark.parametrize(
    "text",
    ["self.missing", "self.n > self.s", "1 / 0", "int('x')", "nobody", "self.list[9]", "foo(1)"],
)
def test_errors(text: str) -> None:
    with pytest.raises(CelError):
        compile_rule(text).evaluate({"self": SELF})


@pytest.mark.parametrize("text", ["", "1 +", "self.", "a b", "(1", "has(self)", "1 @ 2"])
def test_syntax_errors(text: str) -> None:
    with pytest.raises(CelSyntaxError):
        compile_rule(text)


def test_only_rules_about_the_old_value_wait_for_one() -> None:
    schema = {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "x-kubernetes-list-map-keys": ["name"],
                "items": {
                    "type": "object",
                    "x-kubernetes-validations": [
                        {"rule": "self.v >= oldSelf.v", "message": "v must not shrink"},
                        {"rule": "self.v < 9", "messageExpression": "'v is ' + string(self.v)"},
                    ],
                },
            }
        },
    }
    rules = compile_rules(schema)
    assert rules is not None
    old = {"items": [{"name": "a", "v": 3}, {"name": "b", "v": 1}]}
    new = {"items": [{"name": "b", "v": 0}, {"name": "a", "v": 9}, {"name": "c", "v": 0}]}
    assert [cause.text() for cause in rules.check(new, old)] == [
        'items[0]: Invalid value: "object": v must not shrink',
        'items[1]: Invalid value: "object": v is 9',
    ]
    assert [cause.field for cause in rules.check(new)] == ["items[1]"]


def test_a_rule_that_has_no_value_is_a_cause() -> None:
    rules = compile_rules({"x-kubernetes-validations": [{"rule": "self.a > 1", "message": "m"}]})
    assert rules is not None
    (cause,) = rules.check({})
    assert cause.message == 'Invalid value: "object": no such key: a evaluating rule: m'
