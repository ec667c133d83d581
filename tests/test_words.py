"""Every word has a key, and no key is without words."""

import string

import pytest

from n2uq_viz import words


def test_all_texts_can_be_filled_in() -> None:
    for key, text in words.table().items():
        fields = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        assert all(fields), f"{key} has a field without a name"
        assert text.strip(), key


def test_values_are_filled_in() -> None:
    assert words.say("handle.value", name="edge 1", value="0.5") == "edge 1 at x = 0.5"


def test_a_missing_key_or_value_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"no\.such\.key"):
        words.say("no.such.key")
    with pytest.raises(KeyError, match="name"):
        words.say("handle.value", value=1)


def test_an_unknown_language_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"\['en'\], got 'xx'"):
        words.table("xx")
