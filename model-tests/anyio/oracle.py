"""Runs programs under AnyIO on trio, with a clock that jumps, and writes their traces.

    python oracle.py < programs.jsonl > traces.jsonl

Programs and traces are those of FORMAT.md, one a line. A program with an operation that AnyIO has not gets ``null``; one
that breaks this script gets ``{"error": ...}``, and the traceback goes to the standard error.

What is mapped, where AnyIO's words differ:

* AnyIO tells no causes: every cancel is noted as ``{"cancelled": null}``.
* A group is "completed" when its body came to its end and nothing failed, and "cancelled" when its own cancel cut the
  body short.
* An operation on a stream has an end of its own, as in anyrt: a clone. Where the program's own end is closed there is
  nothing to clone.
* A task that locks what it has locked already waits for itself, as in anyrt; AnyIO would refuse it.
* A group that fails inside a cancelled scope raises its errors together with the cancellation. The errors are the
  result here, as they are in anyrt, and the cancellation lands at the next checkpoint; levels make sure of that.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import anyio
from anyio import CancelScope, Event, Lock, Semaphore, create_memory_object_stream
from anyio.abc import TaskGroup, TaskStatus
from anyio.lowlevel import checkpoint
from trio.testing import MockClock

Op = dict[str, Any]
Block = list[Op]
Note = Any

SLOT = 1 << 12
CANCELLED: Note = {"cancelled": None}

PORTABLE = {
    "sleep", "checkpoint", "state", "set", "wait", "forever", "cancel", "deadline", "spawn", "start", "started",
    "join", "cancel_task", "fail", "scope", "group", "shield", "finally", "send", "receive", "close", "hold",
    "lock",
}  # fmt: skip
# Fields that turn a portable operation into one of anyrt's own.
OWN_FIELDS = {"daemon", "local", "limit", "grace", "unless"}


class Failure(Exception):
    """What a task fails with: the numbers of the errors."""

    def __init__(self, errors: list[int]) -> None:
        super().__init__(errors)
        self.errors = sorted(errors)


def operations(block: Block) -> Iterator[Op]:
    for op in block:
        yield op
        for part in ("body", "cleanup"):
            yield from operations(op.get(part, []))


def is_set(op: Op, field: str) -> bool:
    # By identity: a limit of 0 equals False, and is a limit.
    return op.get(field) is not None and op.get(field) is not False


def is_portable(program: dict[str, Any]) -> bool:
    return all(
        op["op"] in PORTABLE and not any(is_set(op, field) for field in OWN_FIELDS)
        for op in operations(program["main"])
    )


def errors_of(error: BaseException) -> list[int]:
    """The numbers in an exception, however deep the groups in it are."""
    if isinstance(error, Failure):
        return error.errors
    if isinstance(error, BaseExceptionGroup):
        return [number for inner in error.exceptions for number in errors_of(inner)]
    return []


class Run:
    """What all tasks of a program share."""

    def __init__(self, program: dict[str, Any]) -> None:
        self.cycle = program["slots"] * SLOT
        self.trace: dict[str, list[Any]] = {}
        self.start = anyio.current_time()
        everything = list(operations(program["main"]))
        self.scopes = {op["id"]: CancelScope() for op in everything if op["op"] == "scope"}
        self.inside: set[int] = set()
        self.groups: dict[int, TaskGroup] = {}
        self.handles: dict[int, Any] = {}
        self.streams = [create_memory_object_stream[int](room) for room in program.get("streams", [])]
        self.semaphores = [Semaphore(permits) for permits in program.get("semaphores", [])]
        self.locks = [Lock() for _ in range(program.get("locks", 0))]
        self.events = {op["event"]: Event() for op in everything if "event" in op}

    def now(self) -> int:
        return round(anyio.current_time() - self.start)

    def instant(self, at: int, turns: int) -> int:
        """The n-th instant of a slot that is later than now."""
        now = self.now()
        if turns == 0:
            return now
        offset = at * SLOT
        rounds = max(0, -(-(now + 1 - offset) // self.cycle))
        return int(offset + (rounds + turns - 1) * self.cycle)

    async def main(self, body: Block) -> None:
        task = Task(self, 0)
        task.note("begin")
        await task.block(body)
        task.note({"end": "completed"})


class Task:
    """A task of a program: what interprets its block."""

    def __init__(self, run: Run, number: int, status: TaskStatus[None] | None = None) -> None:
        self.run = run
        self.track = f"t{number}"
        self.status = status
        self.locked: set[int] = set()

    def note(self, note: Note) -> None:
        self.run.trace.setdefault(self.track, []).append([self.run.now(), note])

    async def sleep(self, at: int, turns: int = 1) -> None:
        await anyio.sleep_until(self.run.start + self.run.instant(at, turns))

    async def block(self, ops: Block) -> None:
        for op in ops:
            await getattr(self, "do_" + op["op"])(op)

    async def live(self, body: Block) -> None:
        """Runs a task from its begin to its end."""
        self.note("begin")
        try:
            await self.block(body)
        except Failure as failure:
            self.note({"end": {"failed": failure.errors}})
            raise
        except anyio.get_cancelled_exc_class():
            self.note({"end": CANCELLED})
            raise
        self.note({"end": "completed"})

    async def do_sleep(self, op: Op) -> None:
        await self.sleep(op["at"], op.get("turns", 1))
        self.note({"slept": op["at"]})

    async def do_checkpoint(self, op: Op) -> None:
        await self.sleep(op["at"])
        await checkpoint()
        self.note({"passed": op["at"]})

    async def do_state(self, op: Op) -> None:
        await self.sleep(op["at"])
        deadline = anyio.current_effective_deadline()
        is_cancelled = deadline == float("-inf")
        finite = abs(deadline) != float("inf")
        self.note({"state": [is_cancelled, round(deadline - self.run.start) if finite else None]})

    async def do_set(self, op: Op) -> None:
        await self.sleep(op["at"])
        self.note({"set": op["event"]})
        self.run.events[op["event"]].set()

    async def do_wait(self, op: Op) -> None:
        await self.run.events[op["event"]].wait()
        self.note({"seen": op["event"]})

    async def do_forever(self, _: Op) -> None:
        await anyio.sleep_forever()

    async def do_cancel(self, op: Op) -> None:
        await self.sleep(op["at"])
        self.note({"cancel": op["scope"]})
        if op["scope"] in self.run.scopes:
            self.run.scopes[op["scope"]].cancel()
        elif op["scope"] in self.run.groups:
            self.run.groups[op["scope"]].cancel_scope.cancel()

    async def do_deadline(self, op: Op) -> None:
        await self.sleep(op["at"])
        self.note({"moved": op["scope"]})
        if op["scope"] in self.run.inside:
            self.set_deadline(op["scope"], op["to"])

    def set_deadline(self, scope: int, to: dict[str, int] | None) -> None:
        deadline = float("inf")
        if to is not None:
            deadline = self.run.start + self.run.instant(to["at"], to.get("turns", 1))
        self.run.scopes[scope].deadline = deadline

    async def do_spawn(self, op: Op) -> None:
        await self.sleep(op["at"])
        child = Task(self.run, op["task"])
        group = self.run.groups.get(op["group"])
        if group is None:
            self.note({"refused": op["task"]})
            return
        self.run.handles[op["task"]] = group.start_soon(child.live, op["body"])
        self.note({"spawn": op["task"]})

    async def do_start(self, op: Op) -> None:
        await self.sleep(op["at"])
        number = op["task"]

        async def child(*, task_status: TaskStatus[None]) -> None:
            await Task(self.run, number, task_status).live(op["body"])

        group = self.run.groups.get(op["group"])
        if group is None:
            self.note({"closed": number})
            return
        try:
            self.run.handles[number] = await group.start(child, return_handle=True)
        except RuntimeError as error:
            if "started()" not in str(error):
                raise
            self.note({"not_started": number})
        except (Failure, ExceptionGroup) as error:
            self.note({"start_failed": [number, sorted(errors_of(error))]})
        else:
            self.note({"started": number})

    async def do_started(self, op: Op) -> None:
        await self.sleep(op["at"])
        self.note("ready")
        if self.status is not None:
            self.status.started()

    async def do_join(self, op: Op) -> None:
        handle = self.run.handles.get(op["task"])
        if handle is not None:
            await handle.wait()
        await self.sleep(op["at"])
        how = "unknown"
        if handle is not None:
            how = {"FINISHED": "completed", "FAILED": "failed", "CANCELLED": "cancelled"}[handle.status.name]
        self.note({"joined": [op["task"], how]})

    async def do_cancel_task(self, op: Op) -> None:
        await self.sleep(op["at"])
        self.note({"cancel_task": op["task"]})
        if op["task"] in self.run.handles:
            self.run.handles[op["task"]].cancel()

    async def do_send(self, op: Op) -> None:
        await self.sleep(op["at"])
        try:
            async with self.run.streams[op["stream"]][0].clone() as sender:
                await sender.send(op["item"])
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            self.note({"unsent": op["item"]})
        else:
            self.note({"sent": op["item"]})

    async def do_receive(self, op: Op) -> None:
        await self.sleep(op["at"])
        try:
            async with self.run.streams[op["stream"]][1].clone() as receiver:
                item = await receiver.receive()
        except (anyio.ClosedResourceError, anyio.EndOfStream):
            self.note({"stream_end": op["stream"]})
        else:
            self.note({"received": [op["stream"], item]})

    async def do_close(self, op: Op) -> None:
        await self.sleep(op["at"])
        self.note({"close": [op["stream"], op["end"]]})
        self.run.streams[op["stream"]][0 if op["end"] == "sender" else 1].close()

    async def do_hold(self, op: Op) -> None:
        await self.sleep(op["at"])
        async with self.run.semaphores[op["semaphore"]]:
            self.note({"acquired": op["semaphore"]})
            await self.block(op["body"])
        self.note({"released": op["semaphore"]})

    async def do_lock(self, op: Op) -> None:
        if "at" in op:
            await self.sleep(op["at"])
        lock = self.run.locks[op["lock"]]
        if op["lock"] in self.locked:
            await anyio.sleep_forever()
        async with lock:
            self.locked.add(op["lock"])
            try:
                self.note({"locked": op["lock"]})
                await self.block(op["body"])
            finally:
                self.locked.discard(op["lock"])
        self.note({"unlocked": op["lock"]})

    async def do_fail(self, op: Op) -> None:
        await self.sleep(op["at"])
        raise Failure([op["error"]])

    async def do_scope(self, op: Op) -> None:
        scope = self.run.scopes[op["id"]]
        if op.get("deadline") is not None:
            self.set_deadline(op["id"], op["deadline"])
        self.run.inside.add(op["id"])
        try:
            with scope:
                await self.block(op["body"])
        finally:
            self.run.inside.discard(op["id"])
        self.note({"scope": [op["id"], CANCELLED if scope.cancelled_caught else "completed"]})

    async def do_group(self, op: Op) -> None:
        number, body_ended = op["id"], False
        try:
            try:
                async with anyio.create_task_group() as group:
                    self.run.groups[number] = group
                    await self.block(op["body"])
                    body_ended = True
            finally:
                self.run.groups.pop(number, None)
        except BaseExceptionGroup as error:
            errors = sorted(errors_of(error))
            if not errors:
                raise
            self.note({"group": [number, {"failed": errors}]})
            if op.get("catch"):
                return
            raise Failure(errors) from error
        self.note({"group": [number, "completed" if body_ended else CANCELLED]})

    async def do_shield(self, op: Op) -> None:
        with CancelScope(shield=True):
            await self.block(op["body"])
        self.note({"shield": [op["id"], "completed"]})

    async def do_finally(self, op: Op) -> None:
        try:
            await self.block(op["body"])
        except anyio.get_cancelled_exc_class():
            await self.clean_up(op, CANCELLED)
            raise
        except Failure:
            await self.clean_up(op, "completed")
            raise
        await self.clean_up(op, "completed")

    async def clean_up(self, op: Op, how: Note) -> None:
        self.note({"cleanup": [op["id"], how]})
        with CancelScope(shield=True):
            await self.block(op["cleanup"])
        self.note({"cleaned": op["id"]})


def trace(program: dict[str, Any]) -> Any:
    """The trace of a program, or None where AnyIO has not all of its operations."""
    if not is_portable(program):
        return None

    async def main() -> dict[str, list[Any]]:
        run = Run(program)
        await run.main(program["main"])
        return run.trace

    options = {"clock": MockClock(autojump_threshold=0)}
    return anyio.run(main, backend="trio", backend_options=options)


def main() -> None:
    for number, line in enumerate(sys.stdin):
        try:
            result = trace(json.loads(line))
        except (Exception, BaseExceptionGroup) as error:
            print(f"program {number}:", file=sys.stderr)
            traceback.print_exc()
            result = {"error": repr(error)}
        print(json.dumps(result, separators=(",", ":")))


if __name__ == "__main__":
    main()
