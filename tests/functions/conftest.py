"""The folder of a worker that calls functions."""

from __future__ import annotations

import os

import pytest


@pytest.fixture
def folder(request, tmp_path, monkeypatch):
    """The current folder, with the test's MODULE in it as shop.py."""
    (tmp_path / "shop.py").write_text(request.module.MODULE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.getcwd(), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.chdir(tmp_path)
    return tmp_path
