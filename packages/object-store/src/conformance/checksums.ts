import { type ConformanceContext, outcome, readText, sampleBytes, sha256Hex, textBytes } from './api.ts';

export function testChecksums({ promise, expect }: ConformanceContext): void {
  promise('a put whose bytes have the checksum given is stored', async (store) => {
    for (const size of [0, 3, 300_000]) {
      const body = sampleBytes(size);
      await store.put('x', body, { checksum: { sha256: await sha256Hex(body) } });
      expect((await store.head('x')).size).toBe(size);
    }
  });

  promise('a put whose bytes have another checksum fails with ChecksumMismatch and stores nothing', async (store) => {
    const checksum = { sha256: await sha256Hex(textBytes('one')) };
    expect(await outcome(store.put('new', textBytes('two'), { checksum }))).toBe('ChecksumMismatch');
    expect(await outcome(store.head('new'))).toBe('NotFound');
    await store.put('x', textBytes('one'), { checksum });
    expect(await outcome(store.put('x', textBytes('two'), { checksum }))).toBe('ChecksumMismatch');
    expect(await readText(store, 'x')).toBe('one');
  });

  promise('a checksum that is not 64 hexadecimal digits is refused with NotSupported', async (store) => {
    for (const sha256 of ['', 'abc', 'A'.repeat(64), `${'0'.repeat(64)}\r\nx-injected: 1`]) {
      expect(await outcome(store.put('x', textBytes('one'), { checksum: { sha256 } }))).toBe('NotSupported');
    }
    expect(await outcome(store.head('x'))).toBe('NotFound');
  });
}
