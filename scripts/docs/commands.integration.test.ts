import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from '../packages/publishable.ts';
import { COMMAND_RULES } from './command-table.ts';
import { commands, pages } from './markdown.ts';

const execute = promisify(execFile);
const documented = new Set(pages().flatMap((page) => commands(page).map(({ text }) => text)));
/** Commands that change nothing and need nothing. */
const runnable = [...documented].flatMap((text) => {
  const rule = COMMAND_RULES.find(({ match }) => match.test(text));
  return rule !== undefined && 'run' in rule ? [{ text, ...rule.run }] : [];
});

test('there is something to run', () => {
  expect(runnable.length).toBeGreaterThan(3);
});

test.each(runnable)('$text does what the page says', async ({ text, exitCode = 0, prints }) => {
  const data = mkdtempSync(join(tmpdir(), 'documented-'));
  try {
    const env = { ...process.env, RADIO_DATA_DIR: data, RADIO_RECORDINGS_DIR: join(data, 'recordings') };
    const result = await execute('sh', ['-c', text], { cwd: ROOT, env }).then(
      ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        output: error.stdout + error.stderr,
      }),
    );
    expect(result.output).toMatch(prints);
    expect(result.code).toBe(exitCode);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});
