// A station without sound, to be killed: DIRECTORY START_UTC_MS SEGMENTS [patient]. Every run makes other bytes, so that a key that is used
// twice is seen. Prints one line per event.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createFileStore } from '@bucket-radio/object-store';
import type { RenditionName } from '@bucket-radio/pcm';
import { AcceleratedClock } from '@bucket-radio/testing/accelerated-clock';
import { planRun } from '../src/plan-run.ts';
import { createPublisher } from '../src/publisher.ts';

const [directory = '', startUtcMs = '0', segments = 'Infinity', mode] = process.argv.slice(2);
/** Whether each segment is published before the next is made, however slow the computer is. */
const isPatient = mode === 'patient';
const SPEED = 40;
const clock = new AcceleratedClock(SPEED, Number(startUtcMs));
const store = createFileStore({ directory: join(directory, 'bucket') });
const stateFile = join(directory, 'data/publisher-state.json');
const plan = await planRun({ store, stateFile, segmentSeconds: 1, codecs: 'test', clock });
const say = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);
const publisher = createPublisher({
  ...plan,
  store,
  station: 'Killed',
  segmentSeconds: 1,
  codecs: 'test',
  fidelity: 'converted',
  windowSegments: 12,
  stateFile,
  spoolDirectory: join(directory, 'data/spool'),
  spoolLimits: { minFreeBytes: 0 },
  clock,
  onEvent: (event) => {
    if (event.type !== 'deleted') say({ type: event.type, index: 'index' in event ? event.index : undefined });
  },
});
await publisher.start();
say({ type: 'started', ...plan });
const startMs = clock.monotonicMs();
for (let n = 0; n < Number(segments); n++) {
  const index = plan.firstIndex + n;
  if (isPatient) await publisher.whenIdle();
  const dueMs = startMs + (n + 1) * 1000 - clock.monotonicMs();
  if (dueMs > 0) await clock.sleep(dueMs);
  for (const rendition of ['lq', 'hq'] as const satisfies RenditionName[]) {
    publisher.enqueue({
      rendition,
      index,
      position: index * 48_000,
      frames: 48_000,
      utcMs: Number(startUtcMs) + startMs + n * 1000,
      data: randomBytes(rendition === 'hq' ? 60_000 : 5000),
      init: Uint8Array.of(rendition === 'hq' ? 1 : 2),
    });
  }
}
if (isPatient) await publisher.whenIdle();
await publisher.stop(60_000);
say({ type: 'stopped', counts: publisher.status.counts });
