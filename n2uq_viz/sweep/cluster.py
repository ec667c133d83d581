"""A sweep on a Dask cluster: results come back as bytes, or lie in the folder when it is shared.

Dask gives the runs of a worker that died to another one. A worker that sees the sweep's own folder
keeps checkpoints and the result there, so that little or nothing is done twice.
"""

from __future__ import annotations

import importlib.util
import queue
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from n2uq_viz.sweep.results import SweepError, difference, result_or_train, versions_here
from n2uq_viz.training import TrainingConfig, TrainingRun, train
from n2uq_viz.training.run import from_bytes

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["check_scheduler", "run_on_cluster"]

#: One run at a time in a process: training sets the number of threads for all of it.
_alone = threading.Lock()


def check_scheduler(address: str) -> None:
    """Raise ValueError unless this is an address such as ``tcp://127.0.0.1:8786``.

    Raises ImportError if Dask is not installed.

    >>> check_scheduler("127.0.0.1")
    Traceback (most recent call last):
    ValueError: scheduler must be an address such as tcp://127.0.0.1:8786, got '127.0.0.1'
    """
    if not (isinstance(address, str) and re.fullmatch(r"(tcp|tls)://[^\s/]+:\d{1,5}", address)):
        raise ValueError(
            f"scheduler must be an address such as tcp://127.0.0.1:8786, got {address!r}"
        )
    if importlib.util.find_spec("distributed") is None:
        raise ImportError(
            'Dask is not installed, and a scheduler needs it: pip install "n2uq_viz[sweep]" '
            "brings it"
        )


def run_on_cluster(
    address: str,
    configs: Sequence[TrainingConfig],
    folder: Path,
    versions: Mapping[str, str],
    timeout: float,
    ended: Callable[[TrainingConfig], object],
) -> None:
    """Train configurations on the workers of a scheduler; `ended` is called when one is saved.

    Raises SweepError if the scheduler does not answer or has no worker within `timeout` seconds,
    goes away, or gives a run up; if a worker has other versions; and whatever training raises.
    """
    from distributed import Client
    from distributed.client import ClosedClientError
    from distributed.comm.core import CommClosedError

    try:
        client = Client(address, timeout=timeout, set_as_default=False)
    except OSError:
        raise SweepError(
            f"no Dask scheduler answered at {address} within {timeout:g} s; start one there, or "
            "leave the scheduler out to train on this machine"
        ) from None
    with client, _marker(folder) as marker:
        try:
            client.wait_for_workers(1, timeout=timeout)
            for config, run in _collected(client, configs, marker, versions, timeout):
                if run is not None:
                    run.save(folder, overwrite=True)
                ended(config)
        except TimeoutError:
            raise SweepError(
                f"the Dask scheduler at {address} has had no worker for {timeout:g} s; start one: "
                f"dask worker {address} --nthreads 1"
            ) from None
        except (CancelledError, ClosedClientError, CommClosedError):
            raise SweepError(
                f"the Dask scheduler at {address} went away; results that are there are kept, and "
                "the same command goes on from them"
            ) from None


def _collected(
    client: Client,
    configs: Sequence[TrainingConfig],
    marker: Path,
    versions: Mapping[str, str],
    timeout: float,
) -> Iterator[tuple[TrainingConfig, TrainingRun | None]]:
    """Yield each configuration as it ends, with the run unless the worker has saved it.

    Raises TimeoutError when there is no worker for so long.
    """
    from distributed.scheduler import KilledWorker

    futures = {
        client.submit(
            _work,
            config.to_dict(),
            str(marker.absolute()),
            dict(versions),
            key=f"{config.label}-{config.key}-{marker.name}",
            pure=False,
        ): config
        for config in configs
    }
    done: queue.SimpleQueue[Future[bytes | None]] = queue.SimpleQueue()
    for future in futures:
        future.add_done_callback(done.put)
    while futures:
        try:
            future = done.get(timeout=timeout)
        except queue.Empty:
            client.wait_for_workers(1, timeout=timeout)
            continue
        config = futures.pop(future)
        try:
            content = future.result()
        except KilledWorker:
            raise SweepError(
                f"the cluster gave up {config.label}, over which several workers died: perhaps "
                "their memory is short; results that are there are kept"
            ) from None
        except (ImportError, RuntimeError) as error:
            raise SweepError(
                f"the cluster could not train {config.label} ({error}); its scheduler and all "
                'workers need what is here: pip install "n2uq_viz[train,sweep]"'
            ) from None
        future.release()
        yield config, None if content is None else from_bytes(content)


@contextmanager
def _marker(folder: Path) -> Iterator[Path]:
    """Put a file into the folder that holds its own name, by which workers know the folder."""
    path = folder / f".n2uq_viz-sweep-{secrets.token_hex(8)}"
    path.write_text(path.name, encoding="utf-8")
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _is_shared(marker: Path) -> bool:
    try:
        return marker.read_text(encoding="utf-8") == marker.name
    except OSError:
        return False


def _work(values: dict[str, Any], marker: str, versions: Mapping[str, str]) -> bytes | None:
    """Train one configuration on a worker; return its file's content, None if that is saved."""
    from distributed import Reschedule, get_worker

    worker = get_worker()
    others = difference(versions_here(), versions)
    if others is not None:
        raise SweepError(
            f"the worker {worker.address} has {others}: all machines need the same versions"
        )
    config = TrainingConfig.from_dict(values)
    key = worker.get_current_task()

    def is_unwanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"

    is_shared = _is_shared(Path(marker))
    with _alone:
        if is_shared:
            run = result_or_train(config, Path(marker).parent, versions, is_unwanted)
        else:
            run = train(config, should_stop=is_unwanted)
    if run.status == "stopped":
        raise Reschedule  # nobody waits for it, or somebody does again
    return None if is_shared else run.to_bytes()
