from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from n2uq_viz import sweep
from n2uq_viz.sweep import SweepError, grid, run_sweep, single
from n2uq_viz.sweep.local import ATTEMPTS
from n2uq_viz.training import TrainingConfig, TrainingRun, load_run, train
from tests.clones import REPOSITORY
from tests.waiting import until

#: Enough epochs, of about 0.03 s each, to be killed in the middle.
LONG = 20


def results(folder: Path) -> list[Path]:
    return [path for path in folder.glob("[!.]*.npz") if path not in checkpoints(folder)]


def checkpoints(folder: Path) -> list[Path]:
    return list(folder.glob("[!.]*.checkpoint.npz"))


def digests(folder: Path) -> dict[str, str]:
    """Name of each result in a folder -> its digest."""
    return {path.name: load_run(path).digest for path in results(folder)}


def trained_here(configs: Sequence[TrainingConfig]) -> dict[str, str]:
    """What `digests` must find: the same runs, one after the other, in this process."""
    return {config.file_name: train(config).digest for config in configs}


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


@contextmanager
def started(*command: str, folder: Path, session: bool = False) -> Iterator[subprocess.Popen[str]]:
    """A process in a folder, which is ended with all below it when this is left."""
    paths = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    with (
        (folder / f"said-{len(list(folder.glob('said-*')))}").open("w+") as said,
        subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=folder,
            env={"PYTHONPATH": paths, **os.environ},
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=session,
        ) as process,
    ):
        process_and_below = psutil.Process(process.pid)
        try:
            yield process
        finally:
            if process.poll() is None:
                for below in process_and_below.children(recursive=True):
                    below.kill()
                process.kill()


def errors(folder: Path, number: int = 0) -> str:
    """What the process with that number has said on standard error."""
    return (folder / f"said-{number}").read_text(encoding="utf-8")


def workers(pid: int) -> list[psutil.Process]:
    """The worker processes of a sweep in the process with that number."""
    found = []
    for below in psutil.Process(pid).children():
        try:
            if "spawn_main" in " ".join(below.cmdline()):
                found.append(below)
        except psutil.NoSuchProcess:
            continue
    return found


# --- What is trained -----------------------------------------------------------------------------


def test_a_grid_has_every_combination_once_and_in_order() -> None:
    configs = grid(["digits", "pixels"], ["float", "gste"], [2, 1, 2], [0, 5], epochs=3)
    assert [config.label for config in configs] == [
        *("digits-float-w32a32-seed0", "digits-float-w32a32-seed5"),
        *("digits-gste-w2a2-seed0", "digits-gste-w2a2-seed5"),
        *("digits-gste-w1a1-seed0", "digits-gste-w1a1-seed5"),
        *("pixels-float-w32a32-seed0", "pixels-float-w32a32-seed5"),
        *("pixels-gste-w32a2-seed0", "pixels-gste-w32a2-seed5"),
        *("pixels-gste-w32a1-seed0", "pixels-gste-w32a1-seed5"),
    ]
    assert {config.epochs for config in configs} == {3}


@pytest.mark.parametrize(
    ("quantize", "label"),
    [("both", "w3a3"), ("activations", "w32a3"), ("weights", "w3a32")],
)
def test_what_gets_the_bits(quantize: str, label: str) -> None:
    (config,) = grid(["moons"], ["lsq"], [3], [0], quantize)
    assert config.label == f"moons-lsq-{label}-seed0"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"tasks": []}, r"tasks must be a list that is not empty, got \[\]"),
        ({"seeds": 3}, "seeds must be a list that is not empty, got 3"),
        ({"methods": "gste"}, "methods must be a list that is not empty, got 'gste'"),
        ({"tasks": ["moon"]}, "task must be one of .*, got 'moon'"),
        ({"methods": ["sgd"]}, "method must be one of .*, got 'sgd'"),
        ({"bits": [5]}, "bits must be a whole number from 1 to 4, got 5"),
        ({"seeds": [-1]}, "seed must be a whole number from 0 to .*, got -1"),
        ({"quantize": "all"}, "quantize must be one of \"both\", .*, got 'all'"),
        ({"tasks": ["pixels"], "quantize": "weights"}, "for the task pixels, which has no weights"),
        ({"epochs": 0}, "epochs must be a whole number from 1 to 10000, got 0"),
    ],
    ids=str,
)
def test_a_grid_that_cannot_be(change: dict[str, object], line: str) -> None:
    whole = {"tasks": ["moons"], "methods": ["gste"], "bits": [2], "seeds": [0]}
    with pytest.raises(ValueError, match=line):
        grid(**{**whole, **change})  # type: ignore[arg-type]


# --- The folder ----------------------------------------------------------------------------------

CONFIGS = [
    single("pixels", "gste", 2, 0, epochs=2),
    single("pixels", "gste", 2, 1, epochs=2),
    single("moons", "float", 2, 1, epochs=2),
    single("moons", "gste", 2, 0, epochs=2, learning_rate=1e30),
]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the results of `CONFIGS`, one of which diverges, and no files beside them."""
    folder = tmp_path_factory.mktemp("sweep") / "new" / "runs"
    seen: list[Path] = []
    paths = run_sweep(
        [*CONFIGS, CONFIGS[0]], folder, workers=1, on_result=lambda _, path: seen.append(path)
    )
    assert paths == [folder / config.file_name for config in CONFIGS]
    assert sorted(seen) == sorted(paths) == sorted(folder.iterdir())
    return folder


@pytest.fixture
def copy(done: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(done, tmp_path / "runs"))


def test_worker_processes_give_the_same_results(done: Path) -> None:
    assert digests(done) == trained_here(CONFIGS)
    assert [load_run(done / config.file_name).status for config in CONFIGS] == [
        *("finished", "finished", "finished", "diverged")
    ]


def test_nothing_is_started_when_nothing_is_missing(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = times(copy)
    run_sweep(CONFIGS, copy, scheduler="tcp://127.0.0.1:1", progress=False)
    assert times(copy) == before
    assert capsys.readouterr() == ("", "")


def with_version(run: TrainingRun, **versions: str) -> TrainingRun:
    return dataclasses.replace(run, versions={**run.versions, **versions})


def test_a_damaged_result_is_told_and_kept(copy: Path) -> None:
    path = copy / CONFIGS[0].file_name
    path.write_bytes(path.read_bytes()[:-100])
    before = times(copy)
    line = rf"{re.escape(str(path))} is no n2uq_viz training run, .*--overwrite to train again in"
    with pytest.raises(SweepError, match=line):
        run_sweep(CONFIGS, copy)
    assert times(copy) == before


def test_several_troubles_are_one_line(copy: Path) -> None:
    for config in CONFIGS:
        (copy / config.file_name).write_text("mine")
    with pytest.raises(SweepError, match=r"\(and 3 more\); choose another folder") as caught:
        run_sweep(CONFIGS, copy)
    assert "\n" not in str(caught.value)


def test_a_result_under_the_name_of_another(copy: Path) -> None:
    shutil.copy(copy / CONFIGS[0].file_name, copy / CONFIGS[1].file_name)
    line = (
        f"{CONFIGS[1].file_name} must hold the run that it is named after, got {CONFIGS[0].label}"
    )
    with pytest.raises(SweepError, match=line):
        run_sweep(CONFIGS, copy)


def test_results_of_other_versions_do_not_mix(copy: Path) -> None:
    path = copy / CONFIGS[0].file_name
    with_version(load_run(path), torch="2.8.0", python="3.10.0").save(copy, overwrite=True)
    here = sweep.versions_here()
    line = f"{path.name} was made with torch 2.8.0, and here is torch {re.escape(here['torch'])}: "
    before = times(copy)
    with pytest.raises(SweepError, match=line):
        run_sweep(CONFIGS, copy)
    # Not even where nothing would train it again.
    with pytest.raises(SweepError, match=rf"{line}.*; choose another folder$"):
        run_sweep(CONFIGS[1:], copy, overwrite=True)
    assert times(copy) == before


def test_another_python_gives_the_same_numbers(copy: Path) -> None:
    run = load_run(copy / CONFIGS[0].file_name)
    with_version(run, python="3.10.0").save(copy, overwrite=True)
    before = times(copy)
    run_sweep(CONFIGS, copy, progress=False)
    assert times(copy) == before


def test_only_what_cannot_be_used_is_trained(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = times(copy)
    (copy / CONFIGS[0].file_name).unlink()
    # One was stopped, with its checkpoint beside it.
    asked = iter([False] * 25 + [True])
    stopped = train(CONFIGS[1], folder=copy, should_stop=lambda: next(asked))
    assert stopped.status == "stopped"
    stopped.save(copy, overwrite=True)
    assert len(checkpoints(copy)) == 1
    other = with_version(load_run(copy / CONFIGS[2].file_name), numpy="2.0.0")
    other.save(copy, overwrite=True)
    seen: list[TrainingRun] = []
    run_sweep(CONFIGS, copy, workers=1, overwrite=True, on_result=lambda run, _: seen.append(run))
    kept = CONFIGS[3].file_name
    assert times(copy)[kept] == before[kept]
    assert times(copy).keys() == before.keys()
    assert digests(copy) == trained_here(CONFIGS)
    assert load_run(copy / CONFIGS[2].file_name).versions == stopped.versions
    assert [run.config for run in seen] == [CONFIGS[3], *CONFIGS[:3]]
    said = capsys.readouterr()
    assert said.out == ""
    assert re.search(r"4/4 .*moons-float-w32a32-seed1 test accuracy \d+\.\d %", said.err)


def test_files_of_others_are_nobodys_matter(copy: Path) -> None:
    (copy / "notes.npz").write_text("mine")
    (copy / "folder").mkdir()
    run_sweep(CONFIGS, copy, progress=False)
    assert (copy / "notes.npz").read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"workers": 0}, "workers must be a whole number from 1 to 1024, got 0"),
        ({"timeout": 0}, "timeout must be one finite number above 0, got 0"),
        ({"scheduler": "127.0.0.1"}, "scheduler must be an address such as tcp://127.0.0.1:8786"),
        ({"scheduler": "http://x:1"}, "scheduler must be an address such as tcp://127.0.0.1:8786"),
    ],
    ids=str,
)
def test_an_argument_that_breaks_its_rule(
    options: dict[str, object], line: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=line):
        run_sweep(CONFIGS, tmp_path / "new", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "new").exists()


# --- On this machine -----------------------------------------------------------------------------


def command(folder: str, *options: str, seeds: str = "0-1", epochs: int = LONG) -> list[str]:
    runs = ["--tasks", "moons", "--methods", "gste", "--bits", "2", "--seeds", seeds]
    return ["n2uq_viz.cli", "sweep", *runs, f"--epochs={epochs}", "--out", folder, *options]


@pytest.fixture(scope="module")
def long_configs() -> list[TrainingConfig]:
    return grid(["moons"], ["gste"], [2], [0, 1], epochs=LONG)


@pytest.fixture(scope="module")
def long_digests(long_configs: list[TrainingConfig]) -> dict[str, str]:
    return trained_here(long_configs)


def test_a_killed_worker_loses_nothing(
    tmp_path: Path, long_configs: list[TrainingConfig], long_digests: dict[str, str]
) -> None:
    with ThreadPoolExecutor(1) as thread:
        sweeping = thread.submit(run_sweep, long_configs, tmp_path, workers=2, progress=False)
        until(lambda: len(checkpoints(tmp_path) + results(tmp_path)) == 2)
        workers(os.getpid())[0].kill()
        sweeping.result(timeout=60)
    assert digests(tmp_path) == long_digests
    assert sorted(tmp_path.iterdir()) == sorted(tmp_path / name for name in long_digests)
    assert workers(os.getpid()) == []


def test_a_run_that_ends_every_worker_ends_the_sweep(tmp_path: Path) -> None:
    killed: set[int] = set()
    line = "3 workers ended while they trained pixels-gste-w32a2-seed0: perhaps memory is short; "
    with ThreadPoolExecutor(1) as thread:
        sweeping = thread.submit(run_sweep, CONFIGS, tmp_path, workers=1, progress=False)
        while not sweeping.done() and len(killed) < ATTEMPTS:
            for worker in workers(os.getpid()):
                worker.kill()
                killed.add(worker.pid)
        with pytest.raises(SweepError, match=line):
            sweeping.result(timeout=60)
    assert len(killed) == ATTEMPTS
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_stops_all_and_the_same_sweep_goes_on(
    tmp_path: Path, long_configs: list[TrainingConfig], long_digests: dict[str, str]
) -> None:
    options = command("my runs", "--workers=1", "--json")
    with started(*options, folder=tmp_path, session=True) as process:
        # The first run is there, and the second is in the middle.
        runs = tmp_path / "my runs"
        until(lambda: results(runs) and checkpoints(runs))
        below = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    line = errors(tmp_path).splitlines()[-1]
    assert line == (
        "n2uq-viz: stopped with 1 of 2 runs done; to go on from there: n2uq-viz sweep --tasks "
        f"moons --methods gste --bits 2 --seeds 0-1 --epochs={LONG} --out 'my runs' --workers=1 "
        "--json"
    )
    assert "Traceback" not in errors(tmp_path)
    assert psutil.wait_procs(below, timeout=10)[1] == []
    (first,) = [json.loads(line) for line in said.splitlines()]
    assert first["digest"] == long_digests[Path(first["file"]).name]
    before = times(runs)
    run_sweep(long_configs, runs, workers=1, progress=False)
    assert digests(runs) == long_digests
    kept = Path(first["file"]).name
    assert times(runs)[kept] == before[kept]


def test_workers_end_with_a_sweep_that_is_killed(tmp_path: Path) -> None:
    with started(*command("runs", "--workers=1", epochs=10_000), folder=tmp_path) as process:
        until(lambda: checkpoints(tmp_path / "runs"))
        below = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        assert psutil.wait_procs(below, timeout=10)[1] == []


# --- On a Dask cluster ---------------------------------------------------------------------------

#: On loopback only, the pages about itself included.
PRIVATE = ("--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0")


@contextmanager
def cluster(folder: Path, count: int) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """A scheduler and that many workers: real ones, each a process of its own."""
    folder.mkdir()
    file = folder / "scheduler.json"
    with ExitStack() as stack:
        scheduler = ("distributed.cli.dask_scheduler", *PRIVATE, "--port", "0")
        processes = [
            stack.enter_context(started(*scheduler, "--scheduler-file", file.name, folder=folder))
        ]
        until(lambda: file.exists() and file.read_text())
        address = json.loads(file.read_text())["address"]
        yield (
            address,
            [
                *processes,
                *(stack.enter_context(dask_worker(address, folder)) for _ in range(count)),
            ],
        )


@contextmanager
def dask_worker(address: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    options = ("--no-nanny", "--nthreads", "1", "--local-directory", str(folder))
    worker = ("distributed.cli.dask_worker", address, *PRIVATE, *options)
    with started(*worker, folder=folder) as process:
        yield process


def test_a_killed_dask_worker_loses_nothing(
    tmp_path: Path, long_configs: list[TrainingConfig], long_digests: dict[str, str]
) -> None:
    runs = tmp_path / "runs"
    with cluster(tmp_path / "cluster", 2) as (address, processes):
        with ThreadPoolExecutor(1) as thread:
            sweeping = thread.submit(
                run_sweep, long_configs, runs, scheduler=address, progress=False
            )
            # Workers see the folder: both have a run in the middle there.
            until(lambda: len(checkpoints(runs) + results(runs)) == 2)
            processes[1].kill()
            sweeping.result(timeout=60)
        assert digests(runs) == long_digests
        assert sorted(runs.iterdir()) == sorted(runs / name for name in long_digests)
        # Again, and more: what is there is not trained again.
        before = times(runs)
        run_sweep([*long_configs, *CONFIGS], runs, scheduler=address, workers=1, progress=False)
        assert before.items() <= times(runs).items()
        assert digests(runs) == long_digests | trained_here(CONFIGS)


@pytest.fixture(scope="module")
def one_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with cluster(tmp_path_factory.mktemp("sweep") / "cluster", 1) as (address, _):
        yield address


def test_results_come_back_from_workers_without_the_folder(
    one_worker: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # A path that is this folder here, and the worker's own folder there.
    monkeypatch.chdir(tmp_path)
    place = Path("/proc/self/cwd")
    paths = run_sweep(CONFIGS, place, scheduler=one_worker)
    assert paths == [place / config.file_name for config in CONFIGS]
    assert digests(tmp_path) == trained_here(CONFIGS)
    assert len(list(tmp_path.iterdir())) == 4
    assert "4/4" in capsys.readouterr().err


def test_a_dask_worker_stops_when_the_sweep_does(one_worker: str, tmp_path: Path) -> None:
    endless = grid(["moons"], ["gste"], [2], [0], epochs=10_000)

    def interrupt(*_: object) -> None:
        until(lambda: checkpoints(tmp_path))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_sweep(
            [CONFIGS[0], *endless],
            tmp_path,
            scheduler=one_worker,
            progress=False,
            on_result=interrupt,
        )
    assert list(digests(tmp_path)) == [CONFIGS[0].file_name]
    # The only worker is free for others.
    run_sweep(CONFIGS, tmp_path, scheduler=one_worker, progress=False)
    assert digests(tmp_path) == trained_here(CONFIGS)


def test_a_worker_of_another_version_trains_nothing(tmp_path: Path) -> None:
    package = tmp_path / "other" / "n2uq_viz"
    shutil.copytree(REPOSITORY / "n2uq_viz", package)
    text = (package / "__init__.py").read_text(encoding="utf-8")
    (package / "__init__.py").write_text(re.sub(r'(__version__ = )".*"', r'\1"0.0.9"', text))
    with cluster(tmp_path / "cluster", 0) as (address, _), pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tmp_path / "other"))
        with dask_worker(address, tmp_path):
            line = r"the worker tcp://127.0.0.1:\d+ has n2uq_viz 0.0.9, and here is n2uq_viz "
            with pytest.raises(SweepError, match=line):
                run_sweep(CONFIGS, tmp_path / "runs", scheduler=address, progress=False)
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_scheduler_that_does_not_answer(tmp_path: Path) -> None:
    line = "no Dask scheduler answered at tcp://127.0.0.1:1 within 0.5 s; start one there, or"
    with pytest.raises(SweepError, match=line):
        run_sweep(CONFIGS, tmp_path, scheduler="tcp://127.0.0.1:1", timeout=0.5, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_a_scheduler_without_workers(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with cluster(tmp_path / "cluster", 1) as (address, (_, worker)):
        until(lambda: "Registered to" in errors(tmp_path / "cluster", 1))
        line = f"the Dask scheduler at {address} has had no worker for 0.5 s; start one: dask work"
        with ThreadPoolExecutor(1) as thread:
            sweeping = thread.submit(
                run_sweep, CONFIGS, runs, scheduler=address, timeout=0.5, progress=False
            )
            until(lambda: list(runs.glob(".n2uq_viz-sweep-*")))
            worker.kill()
            with pytest.raises(SweepError, match=line):
                sweeping.result(timeout=60)
        with pytest.raises(SweepError, match=line):
            run_sweep(CONFIGS, runs, scheduler=address, timeout=0.5, progress=False)
    assert list(runs.iterdir()) == []


def test_a_scheduler_that_goes_away(tmp_path: Path) -> None:
    endless = grid(["moons"], ["gste"], [2], [0], epochs=10_000)
    with cluster(tmp_path / "cluster", 1) as (address, (scheduler, _)):

        def end_it(*_: object) -> None:
            scheduler.kill()

        line = f"the Dask scheduler at {address} went away; results that are there are kept, and"
        with pytest.raises(SweepError, match=line):
            run_sweep(
                [CONFIGS[0], *endless],
                tmp_path / "runs",
                scheduler=address,
                progress=False,
                on_result=end_it,
            )
    assert list(digests(tmp_path / "runs")) == [CONFIGS[0].file_name]
