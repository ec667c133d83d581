from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from n2uq_viz import cli
from n2uq_viz.sweep.report import table
from n2uq_viz.training import TrainingConfig, load_run, train
from tests.test_cli import mistake, run
from tests.waiting import until

Command = Callable[..., subprocess.CompletedProcess[str]]

SHORT = ("train", "--task", "pixels", "--epochs", "2")
CONFIG = TrainingConfig("pixels", "gste", epochs=2)


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command within this process, where PyTorch is imported once, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def start(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["n2uq-viz", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        status = left.value.code
        assert isinstance(status, int)
        return subprocess.CompletedProcess(arguments, status, said.out, said.err)

    return start


# --- One run -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["train", "sweep"])
def test_help_shows_an_example_that_is_a_command(name: str, command: Command) -> None:
    done = command(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    said = " ".join(done.stdout.split())
    _, _, example = said.partition(f"Example: n2uq-viz {name} ")
    options = re.findall(r"--[a-z-]+", example)
    assert len(options) >= 4
    assert all(f" {option} " in said.partition("Options:")[2] for option in options)


def test_help_needs_no_pytorch() -> None:
    code = "import sys; from n2uq_viz import cli; print({'torch', 'distributed'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_run_for_people(command: Command, tmp_path: Path) -> None:
    done = command(*SHORT)
    assert done.returncode == 0
    path = Path("runs") / CONFIG.file_name
    found = load_run(tmp_path / path)
    assert found.digest == train(CONFIG).digest
    assert done.stdout == (
        f"pixels-gste-w32a2-seed0: test accuracy {100 * found.test_accuracy:.1f} %, "
        f"{found.seconds.sum():.1f} s, saved in {path}\n"
    )
    assert "2/2" in done.stderr
    assert [file.name for file in (tmp_path / "runs").iterdir()] == [CONFIG.file_name]
    # Again: the same is said, and nothing is trained.
    before = (tmp_path / path).stat().st_mtime_ns
    again = command(*SHORT)
    assert (again.returncode, again.stdout) == (0, done.stdout)
    assert again.stderr == "n2uq-viz: this run is there already, and is not trained again\n"
    assert (tmp_path / path).stat().st_mtime_ns == before


def test_a_run_for_programs(command: Command, tmp_path: Path) -> None:
    options = ("--method", "ste", "--bits", "3", "--seed", "4", "--quantize", "activations")
    more = ("--learning-rate", "0.003", "--batch-size", "32", "--weight-gradient", "chain")
    done = command("train", "--task=moons", "--epochs=2", *options, *more, "--json")
    assert done.returncode == 0
    said = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    config = TrainingConfig.from_dict(said["config"])
    assert config == TrainingConfig(
        *("moons", "ste", 3, None, 4, 2),
        learning_rate=0.003,
        batch_size=32,
        weight_gradient="chain",
    )
    found = load_run(tmp_path / said["file"])
    assert said == {
        "label": config.label,
        "config": config.to_dict(),
        "status": "finished",
        "diverged_at": None,
        "test_accuracy": found.test_accuracy,
        "test_loss": found.test_loss,
        "seconds": float(found.seconds.sum()),
        "digest": found.digest,
        "file": str(Path("runs") / config.file_name),
    }
    assert said["digest"] == train(config).digest
    assert "2/2" in done.stderr


def test_what_is_no_number_is_null(command: Command) -> None:
    options = ("--task=regression", "--epochs=2")
    said = json.loads(command("train", *options, "--json").stdout)
    assert said["test_accuracy"] is None
    assert said["test_loss"] > 0
    assert re.search(r": test loss \d\.\d+, \d+\.\d s, saved", command("train", *options).stdout)


def test_a_loss_that_diverges(command: Command, tmp_path: Path) -> None:
    options = ("train", "--task", "moons", "--epochs", "2", "--learning-rate", "1e30")
    done = command(*options, "--json")
    assert done.returncode == 1
    said = json.loads(done.stdout)
    found = load_run(tmp_path / said["file"])
    assert said["status"] == found.status == "diverged"
    assert said["diverged_at"] == found.diverged_at
    line = done.stderr.splitlines()[-1]
    assert line == (
        f"n2uq-viz: the loss was not finite any more at step {found.diverged_at}, in epoch "
        f"{found.epochs} of 2; the run is kept in {said['file']}; a --learning-rate below 1e+30 "
        "may do"
    )
    again = command(*options)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.splitlines()[-1] == line


def test_ctrl_c_says_how_to_go_on(command: Command, tmp_path: Path) -> None:
    config = TrainingConfig("moons", "gste", epochs=15)
    options = ["train", "--task", "moons", "--epochs", "15", "--out", "my runs", "--json"]
    checkpoint = tmp_path / "my runs" / config.checkpoint_name
    with subprocess.Popen(
        [sys.executable, "-m", "n2uq_viz.cli", *options],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        until(checkpoint.exists)
        process.send_signal(signal.SIGINT)
        said, told = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "")
    assert "Traceback" not in told
    line = told.splitlines()[-1]
    match = re.fullmatch(
        r"n2uq-viz: stopped after epoch (\d+) of 15; to go on from there: n2uq-viz (.*)", line
    )
    assert match
    assert 1 <= int(match[1]) < 15
    assert shlex.split(match[2]) == options
    # A copy of the checkpoint goes on elsewhere.
    copy = tmp_path / "elsewhere" / checkpoint.name
    copy.parent.mkdir()
    shutil.copy(checkpoint, copy)
    whole = train(config)
    done = command(*shlex.split(match[2]))
    assert f"{match[1]}/15" in done.stderr
    assert f" {int(match[1]) - 1}/15" not in done.stderr
    assert json.loads(done.stdout)["digest"] == whole.digest
    assert not checkpoint.exists()
    resumed = command("train", "--resume", str(copy), "--json")
    assert json.loads(resumed.stdout) == {
        **json.loads(done.stdout),
        "seconds": pytest.approx(json.loads(done.stdout)["seconds"], rel=10),
        "file": str(copy.parent / config.file_name),
    }


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--task", "mnist"], "task must be one of \"digits\", .* got 'mnist'"),
        (["--method", "sgd"], "method must be one of \"float\", .* got 'sgd'"),
        (["--bits", "5"], "bits must be a whole number from 1 to 4, got 5"),
        (["--bits", "two"], "'--bits': must be a whole number, got 'two'"),
        (["--learning-rate", "x"], "'--learning-rate': must be a number, got 'x'"),
        (["--seed", "-1"], "seed must be a whole number from 0 to .* got -1"),
        (["--epochs", "0"], "epochs must be a whole number from 1 to 10000, got 0"),
        (["--quantize", "all"], 'quantize must be one of "both", "activations", "weights", got'),
        (["--task", "pixels", "--quantize", "weights"], "for the task pixels, which has no weig"),
        (["--task", "regression", "--method", "float"], "method must be one that quantizes"),
        (["--learning-rate", "0"], "learning_rate must be one finite number above 0, got 0.0"),
        (["--learning-rate", "nan"], "learning_rate must be one finite number above 0, got nan"),
        (["--batch-size", "1"], "batch_size must be a whole number from 2 to .* got 1"),
        (["--weight-gradient", "none"], 'weight_gradient must be one of "reference", "chain"'),
        (["--out", "file"], r"cannot make the folder .*file \(File exists\); choose another place"),
        (["--resume", "missing.npz"], "No such file or directory: 'missing.npz'"),
        (["--resume", "file"], "file is no n2uq_viz training checkpoint, or only part of one"),
        (
            ["--resume", "file", "--task", "moons", "--batch-size", "3", "--out", "x"],
            "a checkpoint says what is trained, and where: leave out --task, --batch-size, --out",
        ),
        (["moons"], "unexpected extra argument"),
    ],
    ids=" ".join,
)
def test_a_mistake_about_a_run_is_one_line(
    arguments: list[str], line: str, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    assert re.search(line, mistake(command("train", *arguments)))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "mine"


def test_a_file_that_is_no_run_is_replaced_only_when_asked(
    command: Command, tmp_path: Path
) -> None:
    path = tmp_path / "runs" / CONFIG.file_name
    path.parent.mkdir()
    path.write_text("mine")
    assert "--overwrite to train again in its place" in mistake(command(*SHORT))
    assert path.read_text() == "mine"
    assert command(*SHORT, "--overwrite").returncode == 0
    assert load_run(path).config == CONFIG


@pytest.mark.parametrize(
    ("name", "package", "extra", "options"),
    [
        ("PyTorch", "torch", "train", ()),
        ("scikit-learn", "sklearn", "train", ()),
        ("Dask", "distributed", "sweep", ("--scheduler", "tcp://127.0.0.1:1")),
    ],
)
def test_a_package_that_is_missing(
    name: str, package: str, extra: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    """A Python that has every package but one, by links to those that this one has."""
    there = tmp_path / "packages"
    there.mkdir()
    for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if path.name != package:
            (there / path.name).symlink_to(path)
    kind = "sweep" if options else "train"
    done = run(kind, *options, folder=tmp_path, python=("-S",), path=str(there))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"n2uq-viz: {name} is not installed, and {'a scheduler' if options else 'training'} needs "
        f'it: pip install "n2uq_viz[{extra}]" brings it'
    )
    assert "Traceback" not in done.stderr


# --- Many runs -----------------------------------------------------------------------------------


def test_a_sweep_for_programs_and_for_people(command: Command, tmp_path: Path) -> None:
    lists = ("--tasks", "pixels, regression", "--methods=ste,gste", "--bits=1-2", "--seeds=2-3")
    options = ("sweep", *lists, "--epochs=2", "--out=r", "--quantize=activations")
    done = command(*options, "--json", "--workers=1")
    assert done.returncode == 0
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    labels = [
        f"{task}-{method}-w32a{bits}-seed{seed}"
        for task in ("pixels", "regression")
        for method in ("ste", "gste")
        for bits in (1, 2)
        for seed in (2, 3)
    ]
    assert sorted(line["label"] for line in lines) == sorted(labels)
    for line in lines:
        found = load_run(tmp_path / line["file"])
        assert found.config.to_dict() == line["config"]
        assert found.digest == line["digest"]
        assert (line["test_accuracy"] is None) == (line["config"]["task"] == "regression")
    assert "16/16" in done.stderr
    # Again, for people: nothing is trained.
    again = command(*options)
    assert again.returncode == 0
    rows = again.stdout.splitlines()
    assert " ".join(rows[0].split()) == "runs diverged on test data: mean ± standard deviation"
    assert len(rows) == 1 + 8
    assert re.fullmatch(r"pixels-gste-w32a1 +2 +0  \d\d\.\d\d ± \d+\.\d\d %", rows[1])
    assert re.fullmatch(r"regression-gste-w32a1 +2 +0  0\.\d{5} ± 0\.\d{5} \(loss\)", rows[5])


def test_the_table_leaves_out_runs_that_diverged() -> None:
    runs = [train(TrainingConfig("pixels", "ste", seed=seed, epochs=1)) for seed in (0, 1)]
    lost = train(TrainingConfig("moons", "gste", epochs=1, learning_rate=1e30))
    mean = 50 * (runs[0].test_accuracy + runs[1].test_accuracy)
    spread = 100 * abs(runs[0].test_accuracy - runs[1].test_accuracy) / 2**0.5
    lines = table([*runs, lost]).splitlines()
    assert lines[1].split() == ["moons-gste-w2a2", "1", "1", "–"]
    assert lines[2].split() == [
        "pixels-ste-w32a2",
        "2",
        "0",
        f"{mean:.2f}",
        "±",
        f"{spread:.2f}",
        "%",
    ]
    one = f"{100 * runs[0].test_accuracy:.2f}"
    assert table(runs[:1]).splitlines()[1].split() == ["pixels-ste-w32a2", "1", "0", one, "%"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--tasks", "digits,mnist"], "task must be one of \"digits\", .* got 'mnist'"),
        (["--tasks", ""], "task must be one of .* got ''"),
        (["--methods", "ste,"], "method must be one of .* got ''"),
        (["--bits", "0-2"], "bits must be a whole number from 1 to 4, got 0"),
        (["--bits", "1.5"], "'--bits': whole numbers and ranges with commas between, .* got '1.5'"),
        (["--seeds", "9-0"], "'--seeds': whole numbers and ranges .* as 0-9 or 0,1,5, got '9-0'"),
        (["--seeds", ""], "whole numbers and ranges with commas between, .* got ''"),
        (["--seeds", "-1"], "whole numbers and ranges with commas between, .* got '-1'"),
        (["--seeds", "0-9999999999"], "at most 10,000 numbers, got '0-9999999999'"),
        (["--seeds", "0,9007199254740992"], "seed must be a whole number from 0 to"),
        (["--workers", "0"], "workers must be a whole number from 1 to 1024, got 0"),
        (["--scheduler", "here"], "scheduler must be an address such as tcp://127.0.0.1:8786, got"),
        (["--epochs", "0"], "epochs must be a whole number from 1 to 10000, got 0"),
    ],
    ids=" ".join,
)
def test_a_mistake_about_a_sweep_is_one_line(
    arguments: list[str], line: str, command: Command, tmp_path: Path
) -> None:
    assert re.search(line, mistake(command("sweep", *arguments)))
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_into_a_file(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    line = mistake(command("sweep", "--out", "file"))
    assert re.search(r"cannot make the folder .*file \(File exists\); choose another place", line)
    assert (tmp_path / "file").read_text() == "mine"
