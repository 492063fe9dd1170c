"""What a message shows and leaves out: sensitive values, containers, paths."""

from __future__ import annotations

from typing import Any

from validator.messages import complaints, parse, render, same_complaint
from validator.results import Violation


def violation(keyword: str, path: str, limit: Any = None, value: Any = None) -> Violation:
    return Violation(keyword, path, "", limit, value)


def test_a_violation_without_a_sentence_gives_none() -> None:
    silent = [
        violation("additionalProperties", "/x", False, 1),
        violation("type", "/x", "integer", "a"),
        violation("oneOf", "/u", 1, {}),
        Violation("pattern", "/p", "", "(", "x", unchecked=True),
    ]
    assert render(silent) == ""
    assert complaints(silent) == []


def test_sensitive_values_are_never_written() -> None:
    secret = Violation("minLength", "/Password", "", 6, "hunter2", sensitive=True)
    schema = {"properties": {"Password": {"type": "string", "minLength": 9, "x-aws-sensitive": True}}}
    marked = violation("minLength", "/Password", 9, "hunter2")
    for form in ("classic", "smithy"):
        for text in (
            render([secret], form=form, instance={"Password": "hunter2"}),
            render([marked], form=form, instance={"Password": "hunter2"}, schema=schema),
        ):
            assert "hunter2" not in text
            assert "Password" in text or "password" in text


def test_sensitive_members_inside_a_container_are_masked() -> None:
    schema = {
        "properties": {"Users": {"items": {"$ref": "#/$defs/User"}}, "Secrets": {"$ref": "#/$defs/Secrets"}},
        "$defs": {
            "User": {
                "properties": {
                    "Name": {"type": "string"},
                    "Token": {"$ref": "#/$defs/Token"},
                    "Pin": {"$ref": "#/$defs/Plain", "x-aws-sensitive": True},
                }
            },
            "Token": {"type": "string", "x-aws-sensitive": True},
            "Plain": {"type": "string"},
            "Secrets": {"x-aws-sensitive": True, "additionalProperties": {"type": "string", "maxLength": 3}},
        },
    }
    instance = {"Users": [{"Name": "ann", "Token": "hunter2", "Pin": "hunter3"}], "Secrets": {"a": "hunter4"}}
    some = [violation("maxItems", "/Users", 0, []), violation("maxLength", "/Secrets/a", 3, "hunter4")]
    text = render(some, instance=instance, schema=schema)
    assert "User(name=ann, token=***, pin=***)" in text
    assert "Value at 'secrets' failed" in text
    assert "hunter" not in text + render(some, form="smithy", instance=instance, schema=schema)
    assert "hunter" not in str(complaints(some, instance=instance, schema=schema))


def test_a_container_complains_once_and_most_cuts_the_list() -> None:
    keys = {f"-{number}": "x" for number in range(3)}
    some = [violation("pattern", "/Tags", "[a-z]+", key) for key in keys]
    text = render(some, instance={"Tags": keys})
    assert text.startswith("1 validation error detected: Value '{-0=x, -1=x, -2=x}' at 'tags'")
    many = [violation("required", f"/Rows/{number}", "Name") for number in range(30)]
    assert render(many, most=10).startswith("10 validation errors detected: ")
    assert len(parse(render(many, most=10))) == 10


def test_a_key_violation_is_told_by_its_own_keyword_too() -> None:
    schema = {
        "properties": {
            "Tags": {
                "propertyNames": {"type": "string", "maxLength": 3, "x-aws-pattern": "[a-z]+"},
                "additionalProperties": {"type": "string"},
            }
        }
    }
    some = [violation("propertyNames", "/Tags", "[a-z]+", "long-key")]
    text = render(some, instance={"Tags": {"long-key": "x"}}, schema=schema)
    assert text == (
        "1 validation error detected: Value '{long-key=x}' at 'tags' failed to satisfy constraint: "
        "Map keys must satisfy constraint: [Member must have length less than or equal to 3, "
        "Member must satisfy regular expression pattern: [a-z]+]"
    )


def test_path_styles() -> None:
    one = [violation("maximum", "/Tags/0/TagCount", 1, 2)]
    assert "at 'tags.1.member.tagCount'" in render(one)
    assert "at 'Tags.1.member.TagCount'" in render(one, path_style="verbatim")
    assert "at '$/Tags/0/TagCount'" in render(one, path_style=lambda pointer: "$" + pointer)


def test_an_enum_value_with_a_comma_is_compared() -> None:
    some = [violation("enum", "/phase", ["Closed", "Containment, Eradication and Recovery"], "x")]
    assert same_complaint(render(some), some)
    assert not same_complaint(render(some), [violation("enum", "/phase", ["Closed", "Containment"], "x")])


def test_a_member_of_a_map_entry_has_the_key_in_its_path() -> None:
    schema = {
        "properties": {"Stages": {"additionalProperties": {"$ref": "#/$defs/Stage"}}},
        "$defs": {"Stage": {"properties": {"Name": {"type": "string"}}}},
    }
    text = render([violation("required", "/Stages/Beta.1", "Name")], schema=schema)
    assert "Value null at 'stages.Beta.1.member.name' failed" in text
