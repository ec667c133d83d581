from __future__ import annotations

import json
import re
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from n2uq_viz import cli, datasets
from n2uq_viz.integer import load_net
from n2uq_viz.training import TrainingConfig
from tests.test_cli import mistake, run

Command = Callable[..., CompletedProcess[str]]


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command within this process, where PyTorch is imported once, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def start(*arguments: str) -> CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["n2uq-viz", "integer", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        status = left.value.code
        assert isinstance(status, int)
        return CompletedProcess(arguments, status, said.out, said.err)

    return start


def test_help_shows_an_example_and_says_what_is_compared(command: Command) -> None:
    done = command("--help")
    assert (done.returncode, done.stderr) == (0, "")
    said = " ".join(done.stdout.split())
    assert "Example: n2uq-viz integer --onnx digits.onnx" in said
    assert "QuantizeLinear and DequantizeLinear could not hold thresholds" in said


def test_the_comparison_for_programs(command: Command, tmp_path: Path) -> None:
    done = command("--json", "--batch-sizes", "450,50", "--onnx", "deep/net.onnx")
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert (said["label"], said["images"], said["equal"]) == ("digits-gste-w2a2-seed0", 450, True)
    assert said["versions"] == dict(datasets.stored_integer_net().versions)
    assert list(said["exact"]) == ["simulation", "bit_planes", "onnx"]
    for found in said["exact"].values():
        assert found == {
            "accumulators": [0, 0],
            "accumulators_of": [460800, 115200],
            "codes": [0, 0, 0],
            "codes_of": [921600, 460800, 115200],
            "classes": 0,
            "classes_of": 450,
        }
    assert said["right"] > 440
    assert [one["batch_size"] for one in said["floats"]] == [450, 50]
    assert all(len(one["distance"]) == 3 and min(one["distance"]) > 0 for one in said["floats"])
    assert {row["how"] for row in said["costs"]} == {"counted", "measured"}
    assert said["files"] == ["deep/net.onnx"]
    assert (tmp_path / "deep" / "net.onnx").stat().st_size > 50_000


def test_a_net_is_trained_saved_and_read_for_people(command: Command, tmp_path: Path) -> None:
    options = ("--train", "--seed", "3", "--epochs", "1", "--bits", "1", "--batch-sizes", "450")
    done = command(*options, "--save", "a/net.npz")
    assert done.returncode == 0
    assert "1/1" in done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("digits-gste-w1a1-seed3, in integers between stem and head: ")
    exact = [line.split() for line in lines if line.startswith(("float simulation", "bit planes"))]
    assert len(exact) == 2
    said = " ".join(exact[0][2:])
    assert said == " ".join(exact[1][2:]) == "0 of 576000 0 of 1497600 0 of 450"
    assert lines[-1] == "saved in a/net.npz"
    config = TrainingConfig("digits", "gste", 1, 1, 3, 1)
    assert load_net(tmp_path / "a" / "net.npz").config == config
    again = command("--net", "a/net.npz", "--save", "a/net.npz", "--batch-sizes", "450")
    # All but the times, which stand in a line of their own.
    here, there = (
        [line for line in text.splitlines() if not line.startswith("time in NumPy")]
        for text in (done.stdout, again.stdout)
    )
    assert there == [*here[:-1], "saved in a/net-2.npz"]
    assert (tmp_path / "a" / "net-2.npz").read_bytes() == (tmp_path / "a" / "net.npz").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--seed", "1", "--bits", "2"), "--bits, --seed is for training: add --train"),
        (("--train", "--net", "a.npz"), "name a net with --net, or --train one, not both"),
        (("--net", "none.npz"), "No such file or directory: 'none.npz'"),
        (("--train", "--bits", "5"), "activation_bits must be a whole number from 1 to 4, got 5"),
        (("--train", "--seed", "x"), "must be a whole number, got 'x'"),
        (("--batch-sizes", "64,0"), "up to 20 whole numbers from 1 on .* got '64,0'"),
        (("--onnx", "a.npz", "--batch-sizes", "450"), "saved as .onnx, got 'a.npz'"),
    ],
)
def test_mistakes_are_told_in_one_line(
    arguments: tuple[str, ...], line: str, command: Command, tmp_path: Path
) -> None:
    assert re.search(line, mistake(command(*arguments)))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_net(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"no")
    assert "a.npz is no n2uq_viz integer net" in mistake(command("--net", "a.npz"))


def test_without_pytorch_the_integers_run_alone(tmp_path: Path) -> None:
    there = tmp_path / "packages"
    there.mkdir()
    for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if path.name != "torch":
            (there / path.name).symlink_to(path)

    def start(*arguments: str) -> CompletedProcess[str]:
        options = {"folder": tmp_path, "python": ("-S",), "path": str(there)}
        return run("integer", *arguments, **options)  # type: ignore[arg-type]

    done = start("--json")
    assert done.returncode == 0
    said = json.loads(done.stdout)
    assert (said["exact"]["simulation"], said["floats"], said["equal"]) == (None, [], True)
    assert said["exact"]["bit_planes"]["codes"] == [0, 0, 0]
    assert "PyTorch is not installed, so the integers were not compared" in done.stderr
    assert done.stderr.count("\n") == 1
    told = mistake(start("--train"))
    assert 'PyTorch is not installed, and training needs it: pip install "n2uq_viz[train]"' in told
