import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { STOP_DEADLINE_MS, StopTasks, startStopDeadline } from './stop-tasks.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new Promise<void>(() => undefined);

it('ends the process after 25 s with code 1, and says which tasks hang', async () => {
  const tasks = new StopTasks();
  const lines: string[] = [];
  const codes: number[] = [];
  let index = 41;
  await tasks.run(
    () => 'capture',
    async () => await Promise.resolve(),
  );
  void tasks.run(
    () => 'archive',
    async () => await never,
  );
  void tasks.run(
    () => `bucket (segment ${index})`,
    async () => await never,
  );
  startStopDeadline({
    log: { fatal: (line: string) => void lines.push(line) } as never,
    unfinished: () => tasks.unfinished,
    exit: (code) => codes.push(code),
  });
  await vi.advanceTimersByTimeAsync(STOP_DEADLINE_MS - 1);
  expect(codes).toEqual([]);
  index = 42;
  await vi.advanceTimersByTimeAsync(1);
  expect(codes).toEqual([1]);
  expect(lines).toEqual(['not stopped after 25 s: archive, bucket (segment 42) did not end; ended without it']);
});

it('forgets a task that failed, and passes its error on', async () => {
  const tasks = new StopTasks();
  const failing = tasks.run(
    () => 'archive',
    async () => await Promise.reject(new Error('disk')),
  );
  expect(tasks.unfinished).toEqual(['archive']);
  await expect(failing).rejects.toThrow('disk');
  expect(tasks.unfinished).toEqual([]);
});
