"""The peers' virtual environment, made once below .build and made anew when the requirements change."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
ENVIRONMENT = ROOT / ".build" / "peers-venv"
REQUIREMENTS = HERE / "requirements.txt"


def say(text: str) -> None:
    """Progress goes to standard error, results to standard output."""
    print(text, file=sys.stderr, flush=True)


def ensure_environment() -> Path:
    """The environment's Python, with the pinned packages installed. pip's own settings are honoured: PIP_FIND_LINKS or
    PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu give PyTorch without CUDA, which saves 3 GB."""
    python = ENVIRONMENT / "bin" / "python"
    stamp = ENVIRONMENT / "requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    ensure_venv_module()
    say(f"Making {ENVIRONMENT.relative_to(ROOT)} (some minutes, about 2 GB)")
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS], check=True)
    stamp.write_text(wanted)
    return python


def ensure_venv_module() -> None:
    """Debian and Ubuntu keep `venv` in a package of its own: as root it is installed, otherwise the command is said."""
    if subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0:
        return
    install = "apt-get install -y python3-venv"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(f"Python's venv module is missing. On Debian and Ubuntu: sudo {install}")
    say(install)
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(install.split(), check=True)
