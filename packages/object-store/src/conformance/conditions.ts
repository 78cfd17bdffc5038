import type { PutMode } from '../types.ts';
import { type ConformanceContext, outcome, readText, textBytes } from './api.ts';

const WRITERS = [1, 2, 3, 4, 5, 6, 7, 8];

export function testConditions({ promise, expect }: ConformanceContext): void {
  promise('create stores a new object and fails with AlreadyExists for an old one', async (store) => {
    await store.put('x', textBytes('one'), { mode: 'create', attributes: { contentType: 'text/plain' } });
    expect(await outcome(store.put('x', textBytes('two'), { mode: 'create' }))).toBe('AlreadyExists');
    expect(await readText(store, 'x')).toBe('one');
    expect((await store.head('x')).attributes).toEqual({ contentType: 'text/plain' });
    await store.delete('x');
    await store.put('x', textBytes('three'), { mode: 'create' });
    expect(await readText(store, 'x')).toBe('three');
  });

  promise('update replaces the version it names and no other', async (store) => {
    const first = await store.put('x', textBytes('one'));
    const second = await store.put('x', textBytes('two'), { mode: { update: { etag: first.etag } } });
    expect(await outcome(store.put('x', textBytes('three'), { mode: { update: { etag: first.etag } } }))).toBe(
      'PreconditionFailed',
    );
    expect(await readText(store, 'x')).toBe('two');
    await store.put('x', textBytes('four'), { mode: { update: { etag: second.etag } } });
    expect(await readText(store, 'x')).toBe('four');
  });

  promise('update of an object that does not exist fails with PreconditionFailed', async (store) => {
    const { etag } = await store.put('x', textBytes('one'));
    await store.delete('x');
    expect(await outcome(store.put('x', textBytes('two'), { mode: { update: { etag } } }))).toBe('PreconditionFailed');
    expect(await outcome(store.head('x'))).toBe('NotFound');
  });

  const races: readonly [string, string, (etag: string) => PutMode, boolean][] = [
    ['creates', 'AlreadyExists', () => 'create', false],
    ['updates of one version', 'PreconditionFailed', (etag) => ({ update: { etag } }), true],
  ];
  for (const [what, loss, modeFor, exists] of races) {
    promise(`of concurrent ${what}, exactly one succeeds`, async (store) => {
      for (const round of ['a', 'b', 'c']) {
        const key = `race/${round}`;
        const before = exists ? (await store.put(key, textBytes('before'))).etag : '';
        const outcomes = await Promise.all(
          WRITERS.map((writer) => outcome(store.put(key, textBytes(`writer ${writer}`), { mode: modeFor(before) }))),
        );
        const winners = WRITERS.filter((_, index) => outcomes[index] === 'resolved');
        expect(winners.length).toBe(1);
        // Ambiguous: a server that answers a lost race with an error of its own leaves the client unsure of that try.
        const losers = outcomes.filter((result) => result === loss || result === 'Ambiguous');
        expect(losers.length).toBe(WRITERS.length - 1);
        expect(await readText(store, key)).toBe(`writer ${winners[0]}`);
      }
    });
  }

  promise('ifMatch reads the version it names and no other', async (store) => {
    const { etag } = await store.put('x', textBytes('one'));
    expect(await (await store.get('x', { ifMatch: etag })).text()).toBe('one');
    await store.put('x', textBytes('two'));
    expect(await outcome(store.get('x', { ifMatch: etag }))).toBe('PreconditionFailed');
    expect(await outcome(store.get('x', { ifMatch: etag, range: { start: 100 } }))).toBe('PreconditionFailed');
  });

  promise('ifNoneMatch fails with NotModified until the object changes', async (store) => {
    const { etag } = await store.put('x', textBytes('one'));
    expect(await outcome(store.get('x', { ifNoneMatch: etag }))).toBe('NotModified');
    expect(await outcome(store.get('x', { ifNoneMatch: etag, range: { start: 0, end: 1 } }))).toBe('NotModified');
    await store.put('x', textBytes('two'));
    expect(await (await store.get('x', { ifNoneMatch: etag })).text()).toBe('two');
  });

  promise('conditions on an object that does not exist fail with NotFound', async (store) => {
    expect(await outcome(store.get('x', { ifMatch: '"0"' }))).toBe('NotFound');
    expect(await outcome(store.get('x', { ifNoneMatch: '"0"' }))).toBe('NotFound');
  });
}
