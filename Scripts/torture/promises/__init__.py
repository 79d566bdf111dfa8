"""One file per promise. Each has NAME, TITLE, GOAL (trials), SHARE (of the minutes) and attempt(context, result)."""

import importlib
import pkgutil

ALL = sorted(
    (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)),
    key=lambda promise: int(promise.NAME[1:]))
