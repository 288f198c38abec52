"""Moves the wall clock of one process on x86_64 Linux, by changing the code that tells it the time.

Programs ask for the time through the vDSO: a small library that the kernel maps into every process.
`patch_this_process` and `patch_traced` overwrite the process's own copy of it with code that asks the kernel and adds a
number of seconds.
Only CLOCK_REALTIME moves: what a program measures (monotonic clocks, timeouts, sleeps) stays true, and so do the times
of files, which the kernel sets. Forks keep the change; a program that is executed begins with the true clock again.

Why not libfaketime: it is a preloaded library, and Temporal's server is a static program that loads none. Its clock
would differ from everybody else's. A copy of libfaketime that a single test preloads (tests/shifted_clock.py) adds its
own seconds on top of these.

No import of this project here: the interpreter loads this file while it starts (sitecustomize.py).
"""

import ctypes
import os
import platform
import signal
import struct
import sys
import time

VARIABLE = "TESTS_CLOCK_SECONDS"
"""By how many seconds the clocks of this process and of its children are ahead. Negative: behind."""

_AT_SYSINFO_EHDR = 33
_PTRACE_TRACEME, _PTRACE_DETACH = 0, 17
_SYS_CLOCK_GETTIME = 228
_SLACK_SECONDS = 60
_PROT_ALL = 7
_WITHIN_PAGE = 256
"""The new code stands in the last bytes of the mapping, which the kernel's image leaves empty."""

_libc = ctypes.CDLL(None, use_errno=True)


def is_possible() -> bool:
    """Whether this machine is one whose vDSO this module knows."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def patch_this_process(seconds: int) -> None:
    """Once: a process whose clock is moved already is left as it is."""
    true = struct.unpack("=qq", _true_time())[0]
    if abs(time.time() - true - seconds) < _SLACK_SECONDS:
        return
    with open("/proc/self/auxv", "rb") as file:
        start = _vdso_address(file.read())
    size = _vdso_size(os.getpid(), start)
    if _libc.mprotect(ctypes.c_void_p(start), ctypes.c_size_t(size), _PROT_ALL) != 0:
        raise OSError(ctypes.get_errno(), "the vDSO cannot be changed")
    for offset, code in _changes(ctypes.string_at(start, size), seconds):
        ctypes.memmove(start + offset, code, len(code))


def trace_me() -> None:
    """For a child between fork and exec: it stops as soon as its program is loaded, until `patch_traced` lets it go."""
    _libc.ptrace(_PTRACE_TRACEME, 0, None, None)


def patch_traced(pid: int, seconds: int) -> None:
    """For the thread that forked this child, once its program is loaded: moves its clock, and lets it run."""
    _, status = os.waitpid(pid, 0)
    if not os.WIFSTOPPED(status):
        raise ChildProcessError(f"process {pid} ended with {status} before it ran")
    with open(f"/proc/{pid}/auxv", "rb") as file:
        start = _vdso_address(file.read())
    size = _vdso_size(pid, start)
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        memory.seek(start)
        for offset, code in _changes(memory.read(size), seconds):
            memory.seek(start + offset)
            memory.write(code)
    stopped_by = os.WSTOPSIG(status)
    passed_on = 0 if stopped_by == signal.SIGTRAP else stopped_by
    _libc.ptrace(_PTRACE_DETACH, pid, None, ctypes.c_void_p(passed_on))


def _true_time() -> bytes:
    """CLOCK_REALTIME as the kernel has it: seconds and nanoseconds, eight bytes each."""
    moment = ctypes.create_string_buffer(16)
    _libc.syscall(_SYS_CLOCK_GETTIME, 0, moment)
    return moment.raw


def _vdso_address(auxiliary_vector: bytes) -> int:
    for kind, value in struct.iter_unpack("=QQ", auxiliary_vector):
        if kind == _AT_SYSINFO_EHDR:
            return value
    raise OSError("this kernel gives its processes no vDSO")


def _vdso_size(pid: int, start: int) -> int:
    with open(f"/proc/{pid}/maps") as file:
        for line in file:
            first, _, last = line.split()[0].partition("-")
            if int(first, 16) == start:
                return int(last, 16) - start
    raise OSError(f"process {pid} has no mapping at {start:#x}")


def _changes(image: bytes, seconds: int) -> list[tuple[int, bytes]]:
    """What to write at which offsets of the vDSO: three functions, and a jump to each from where the old one begins."""
    added = struct.pack("=q", seconds)
    functions = {
        # mov eax,228; syscall; test eax,eax; jnz ret; cmp edi,0; je add; cmp edi,5 (REALTIME_COARSE); jne ret;
        # add: movabs rcx,seconds; add [rsi],rcx; ret: ret
        "__vdso_clock_gettime": b"\xb8\xe4\x00\x00\x00\x0f\x05\x85\xc0\x75\x17\x83\xff\x00\x74\x05\x83\xff\x05\x75\x0d"
        b"\x48\xb9" + added + b"\x48\x01\x0e\xc3",
        # mov eax,96; syscall; test rdi,rdi; jz ret; movabs rcx,seconds; add [rdi],rcx; ret: ret
        "__vdso_gettimeofday": b"\xb8\x60\x00\x00\x00\x0f\x05\x48\x85\xff\x74\x0d\x48\xb9"
        + added
        + b"\x48\x01\x0f\xc3",
        # mov eax,201; push rdi; xor edi,edi; syscall; pop rdi; movabs rcx,seconds; add rax,rcx; test rdi,rdi; jz ret;
        # mov [rdi],rax; ret: ret
        "__vdso_time": b"\xb8\xc9\x00\x00\x00\x57\x31\xff\x0f\x05\x5f\x48\xb9" + added + b"\x48\x01\xc8\x48\x85\xff"
        b"\x74\x03\x48\x89\x07\xc3",
    }
    at = len(image) - _WITHIN_PAGE
    offsets = _symbols(image)
    first = offsets["__vdso_clock_gettime"]
    moved_before = image[first : first + 5] == _jump(first, at)
    if any(image[at:]) and not moved_before:
        raise OSError("this kernel's vDSO leaves no room for other code")
    changes: list[tuple[int, bytes]] = []
    for name, code in functions.items():
        changes.append((at, code))
        changes.append((offsets[name], _jump(offsets[name], at)))
        at += (len(code) + 15) // 16 * 16
    return changes


def _jump(start: int, end: int) -> bytes:
    """`jmp end` (rel32), to stand at `start`."""
    return b"\xe9" + struct.pack("=i", end - start - 5)


def _symbols(image: bytes) -> dict[str, int]:
    """Offsets by name, from the ELF file's dynamic symbols (System V ABI, chapters 4 and 5)."""
    (sections_at,) = struct.unpack_from("=Q", image, 40)
    entry_size, count = struct.unpack_from("=HH", image, 58)
    sections = [struct.unpack_from("=IIQQQQIIQQ", image, sections_at + n * entry_size) for n in range(count)]
    symbols = next(section for section in sections if section[1] == 11)  # SHT_DYNSYM
    names_at = sections[symbols[6]][4]
    found: dict[str, int] = {}
    for at in range(symbols[4], symbols[4] + symbols[5], 24):
        name_at, _, _, _, value, _ = struct.unpack_from("=IBBHQQ", image, at)
        name = image[names_at + name_at : image.index(b"\0", names_at + name_at)]
        found[name.decode()] = value
    return found
