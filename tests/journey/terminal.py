"""Runs a program on a terminal of its own, and types Ctrl-C when it has written a text.

    terminal.py TEXT PROGRAM [ARGUMENT...]

Prints what the program wrote and ends with its exit code.
"""

import fcntl
import os
import pty
import struct
import sys
import termios

CTRL_C = b"\x03"
ROWS, COLUMNS = 40, 120


def main(until: bytes, command: list[str]) -> int:
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.execvp(command[0], command)
    written = b""
    while chunk := read(terminal):
        if until not in written and until in written + chunk:
            os.write(terminal, CTRL_C)
        written += chunk
    _, status = os.waitpid(pid, 0)
    sys.stdout.buffer.write(written)
    return os.waitstatus_to_exitcode(status)


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # How Linux says that nobody writes any more.
        return b""


sys.exit(main(sys.argv[1].encode(), sys.argv[2:]))
