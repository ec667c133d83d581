"""The picker of tensors for notebooks, operated through its widgets as a browser does."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from n2uq_viz.tensors import TensorFile, TensorFileError, open_tensors
from n2uq_viz.tensors.picker import LISTED, TensorPicker, histogram
from n2uq_viz.tensors.survey import BLOCK, BLOCKS, survey_pieces

TENSORS = {
    "conv1.weight": np.linspace(-1.0, 3.0, 60).reshape(3, 20),
    "conv1.bias": np.array([0.0, 1.0, np.nan, np.inf]),
    "conv2.weight": np.array(2.5),
    "<fc>": np.full(3, np.nan),
    "none": np.empty(0),
}


@pytest.fixture
def file(tmp_path: Path) -> Iterator[TensorFile]:
    np.savez(tmp_path / "net.npz", **TENSORS)  # type: ignore[arg-type]
    with open_tensors(tmp_path / "net.npz") as found:
        yield found


def view(picker: TensorPicker) -> str:
    return str(picker._repr_mimebundle_()["text/html"])


def listed(picker: TensorPicker) -> list[str]:
    return [name for _, name in picker.list.options]


def press_enter(picker: TensorPicker) -> None:
    """What the browser sends for it."""
    picker.filter._handle_custom_msg({"event": "submit"}, [])


def test_it_begins_with_the_first_and_shows_what_it_holds(file: TensorFile) -> None:
    picker = TensorPicker(file)
    assert picker.value == "conv1.weight"
    assert picker.list.value == "conv1.weight"
    assert picker.list.options[0][0] == "conv1.weight  (3 × 20, float64)"
    assert picker.survey is not None
    assert picker.survey.seen == 60
    for words in ("3 × 20", "−1 to 3", "float64", "0 NaN, 0 infinite"):
        assert words in view(picker)
    assert picker.button.layout.display == "none"
    plain = picker._repr_mimebundle_()["text/plain"]
    assert plain.startswith("conv1.weight\nshape: 3 × 20\n")


def test_choosing_by_hand_and_from_code_is_told_and_shown(file: TensorFile) -> None:
    picker = TensorPicker(file, "conv2.weight")
    assert "one number" in view(picker)
    told: list[str] = []
    stop = picker.on_change(told.append)
    picker.list.value = "conv1.bias"
    assert picker.value == "conv1.bias"
    assert "1 NaN, 1 infinite" in view(picker)
    picker.value = "conv1.weight"
    assert picker.list.value == "conv1.weight"
    picker.value = "conv1.weight"
    assert told == ["conv1.bias", "conv1.weight"]
    stop()
    picker.value = "conv1.bias"
    assert len(told) == 2


def test_the_filter_lists_names_that_have_all_words(file: TensorFile) -> None:
    picker = TensorPicker(file)
    told: list[str] = []
    picker.on_change(told.append)
    picker.filter.value = "WEIGHT conv"
    assert listed(picker) == ["conv1.weight", "conv2.weight"]
    assert picker.list.value == "conv1.weight"
    picker.filter.value = "conv2"
    assert (listed(picker), picker.list.value) == (["conv2.weight"], None)
    assert (picker.value, told) == ("conv1.weight", [])
    press_enter(picker)
    assert (picker.value, picker.list.value, told) == (
        "conv2.weight",
        "conv2.weight",
        ["conv2.weight"],
    )
    picker.filter.value = "nothing of the kind"
    assert listed(picker) == []
    press_enter(picker)
    assert picker.value == "conv2.weight"
    picker.filter.value = ""
    assert len(listed(picker)) == len(TENSORS)
    assert picker.list.value == "conv2.weight"


def test_tensors_without_finite_values_say_so(file: TensorFile) -> None:
    picker = TensorPicker(file, "<fc>")
    assert picker.survey is not None
    assert "No value is finite" in view(picker)
    assert "<fc>" not in view(picker)
    assert "&lt;fc&gt;" in view(picker)
    picker.value = "none"
    assert picker.survey is None
    assert "must hold a value" in view(picker)
    assert "must hold a value" in picker._repr_mimebundle_()["text/plain"]


def test_a_large_tensor_is_looked_at_in_part_until_all_is_asked_for(tmp_path: Path) -> None:
    size = 2 * BLOCKS * BLOCK + 1
    np.save(tmp_path / "a.npy", np.arange(size).astype(np.uint8))
    part = f"{BLOCKS * BLOCK:,} of {size:,} were looked at"
    with open_tensors(tmp_path / "a.npy") as file:
        picker = TensorPicker(file)
        assert picker.survey is not None
        assert picker.survey.seen == BLOCKS * BLOCK
        assert part in view(picker)
        assert picker.button.layout.display == ""
        picker.button.click()
        assert picker.survey.whole
        assert part not in view(picker)
        assert picker.button.layout.display == "none"
        assert not picker.button.disabled


def test_of_many_names_some_are_listed_and_the_chosen_one(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    names = [f"column{k}" for k in range(LISTED + 50)]
    path.write_text(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n")
    with open_tensors(path) as file:
        picker = TensorPicker(file, names[-1])
        assert len(listed(picker)) == LISTED
        assert picker.list.value == names[-1]
        picker.filter.value = "column24"
        assert listed(picker) == [n for n in names if "column24" in n]


def test_the_histogram_is_a_picture_with_words() -> None:
    values = np.array([0, 0, 0, 2, 2, 4, -1, 0, 2])
    found = survey_pieces([values.astype(np.float64)], "conv1.weight", values.shape, "f8")
    figure = ET.fromstring(histogram(found))
    svg = figure[0]
    assert svg.attrib["role"] == "img"
    words = (
        "Histogram of conv1.weight: 60 bars from −1 to 4; half of the values lie between 0 and 2."
    )
    assert svg.attrib["aria-label"] == words
    bars = [float(each.attrib["height"]) for each in svg.iter("rect")]
    # Square roots of the shares of −1, 0, 2 and 4; the last is the line below the bars.
    assert bars == [48.0, 96.0, 83.1, 48.0, 1.0]


def test_a_file_or_a_name_that_is_none(file: TensorFile, tmp_path: Path) -> None:
    wrong: Any = tmp_path / "net.npz"
    with pytest.raises(ValueError, match=r"file must be a TensorFile, .* open_tensors\(path\)"):
        TensorPicker(wrong)
    with pytest.raises(TensorFileError, match="no tensor is called 'conv3'"):
        TensorPicker(file, "conv3")
    picker = TensorPicker(file)
    with pytest.raises(TensorFileError, match="no tensor is called 'conv3'"):
        picker.value = "conv3"
    assert picker.value == "conv1.weight"
