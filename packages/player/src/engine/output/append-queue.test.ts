import { expect, it } from 'vitest';
import { AppendQueue } from './append-queue.ts';

/** A source buffer of one range, a second a byte, that has room for so many. */
class FakeBuffer {
  onupdateend = (): void => undefined;
  updating = false;
  start = 0;
  end = 0;
  readonly #room: number;

  constructor(room: number) {
    this.#room = room;
  }

  get buffered(): TimeRanges {
    return { length: this.end > this.start ? 1 : 0, start: () => this.start, end: () => this.end };
  }

  appendBuffer(bytes: Uint8Array): void {
    if (this.updating) throw new DOMException('updating', 'InvalidStateError');
    if (this.end - this.start + bytes.length > this.#room) throw new DOMException('full', 'QuotaExceededError');
    this.#update(() => {
      this.end += bytes.length;
    });
  }

  remove(from: number, to: number): void {
    if (this.updating) throw new DOMException('updating', 'InvalidStateError');
    expect(from).toBe(0);
    this.#update(() => {
      this.start = Math.min(this.end, Math.max(this.start, to));
    });
  }

  #update(change: () => void): void {
    this.updating = true;
    queueMicrotask(() => {
      change();
      this.updating = false;
      this.onupdateend();
    });
  }
}

function queueWith(room: number) {
  const buffer = new FakeBuffer(room);
  return { buffer, queue: new AppendQueue(buffer as unknown as SourceBuffer) };
}

it('changes come one after the other, however fast they are asked for', async () => {
  const { buffer, queue } = queueWith(1000);
  await Promise.all([1, 2, 3, 4].map((count) => queue.append(new Uint8Array(count), () => 0)));
  expect(buffer.end).toBe(10);
  expect(queue.end).toBe(10);
});

it('what was heard more than five seconds ago is forgotten, and nothing else', async () => {
  const { buffer, queue } = queueWith(1000);
  await queue.append(new Uint8Array(30), () => 0);
  await queue.trim(4);
  expect(buffer.start).toBe(0);
  await queue.trim(20);
  expect(buffer.start).toBe(15);
  await queue.trim(20);
  expect([buffer.start, buffer.end]).toEqual([15, 30]);
});

it('a browser without room forgets what was heard, and takes the segment then', async () => {
  const { buffer, queue } = queueWith(20);
  await queue.append(new Uint8Array(20), () => 0);
  await queue.append(new Uint8Array(10), () => 18);
  expect([buffer.start, buffer.end]).toEqual([13, 30]);
});

it('no room at all is an error, and the next change is tried all the same', async () => {
  const { buffer, queue } = queueWith(20);
  await expect(queue.append(new Uint8Array(21), () => 0)).rejects.toThrow('full');
  await queue.append(new Uint8Array(5), () => 0);
  expect(buffer.end).toBe(5);
});
