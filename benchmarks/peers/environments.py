"""Where each peer is installed, how, and with which environment variables it runs: its own, with telemetry off."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache" / "bench"
INSTALL_S = 600


class NotInstalledError(RuntimeError):
    """A peer is not to be had here. The text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A tool that does the same work.

    ``packages`` are what its environment is made of; none: it runs in ours, with packages that are there anyway.
    ``at_most_s`` is how long it may take, in seconds.
    """

    name: str
    script: str
    package: str
    packages: tuple[str, ...] = ()
    npm: bool = False
    at_most_s: float = 120.0

    @property
    def folder(self) -> Path:
        """Its environment."""
        return CACHE / self.script

    @property
    def python(self) -> Path:
        """The Python that runs its script."""
        return self.folder / "bin" / "python" if self.packages and not self.npm else Path(sys.executable)

    @property
    def executable(self) -> Path:
        """What npm has installed."""
        return self.folder / "node_modules" / ".bin" / self.package

    def command(self, url: str, examples: Path, concurrency: int, how: str = "start") -> list[str]:
        """The command line of one evaluation; ``how`` is ``start`` or ``resume``."""
        script = Path(__file__).parent / f"run_{self.script}.py"
        command = [str(self.python), str(script), url, str(examples), str(concurrency)]
        if self.npm:
            return [*command, how, str(self.executable)]
        return command if how == "start" else [*command, how]


PEERS = (
    Peer(name="bare aiohttp loop", script="aiohttp", package="aiohttp"),
    Peer(name="openai client", script="openai", package="openai", packages=("openai",)),
    Peer(name="bare httpx loop", script="httpx", package="httpx", packages=("httpx",)),
    Peer(name="promptfoo", script="promptfoo", package="promptfoo", packages=("promptfoo",), npm=True),
    Peer(name="inspect_ai", script="inspect_ai", package="inspect_ai", packages=("inspect-ai", "openai")),
    Peer(name="deepeval", script="deepeval", package="deepeval", packages=("deepeval",)),
    Peer(
        name="phoenix-evals",
        script="phoenix",
        package="arize-phoenix-evals",
        packages=("arize-phoenix-evals", "openai"),
        at_most_s=300.0,
    ),
    Peer(name="mlflow.genai.evaluate", script="mlflow", package="mlflow", packages=("mlflow", "openai")),
)


def install(peer: Peer) -> str:
    """Install a peer if it is not there, and say its version.

    Raises:
        NotInstalledError: when that fails.
    """
    there = peer.folder / "installed"
    if peer.packages and not there.exists():
        commands = _commands(peer)
        peer.folder.mkdir(parents=True, exist_ok=True)
        for command in commands:
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, check=False)
            except (OSError, subprocess.TimeoutExpired) as error:
                raise NotInstalledError(str(error)) from error
            if done.returncode:
                lines = (done.stderr or done.stdout).strip().splitlines()
                raise NotInstalledError(lines[-1][:200] if lines else f"{command[0]} ended with {done.returncode}")
        there.touch()
    return _version(peer)


def _commands(peer: Peer) -> list[list[str]]:
    if peer.npm:
        npm = shutil.which("npm")
        if npm is None:
            raise NotInstalledError("there is no npm")
        quiet = ("--no-audit", "--no-fund", "--loglevel=error")
        return [[npm, "install", *quiet, "--prefix", str(peer.folder), *peer.packages]]
    uv = [str(Path(sys.executable).parent / "uv")]
    return [
        [*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(peer.folder)],
        [*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(peer.python), *peer.packages],
    ]


def _version(peer: Peer) -> str:
    if peer.npm:
        from json import loads

        return str(loads((peer.folder / "node_modules" / peer.package / "package.json").read_text())["version"])
    ask = f"import importlib.metadata as m; print(m.version({peer.package!r}))"
    done = subprocess.run([peer.python, "-c", ask], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalledError(done.stderr.strip().splitlines()[-1][:200])
    return done.stdout.strip()


def environment(folder: Path) -> dict[str, str]:
    """What a peer is run with: nothing of the user's own settings, ``folder`` for a home, telemetry and updates off."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "NO_PROXY": "127.0.0.1",
        "DO_NOT_TRACK": "1",
        "OPENAI_API_KEY": "none",
        "DEEPEVAL_TELEMETRY_OPT_OUT": "1",
        "DEEPEVAL_UPDATE_WARNING_OPT_OUT": "1",
        "ERROR_REPORTING": "0",
        "DEEPEVAL_NO_INSPECT_PROMPT": "1",
        "PHOENIX_TELEMETRY_ENABLED": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_DISABLE_SHARING": "1",
        "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
        "PROMPTFOO_CONFIG_DIR": str(folder / ".promptfoo"),
    }
