import { expect, test } from 'vitest';
import { runTool, startTool } from './tool.ts';

const node = (script: string): [string, string[]] => [process.execPath, ['-e', script]];

test('output, lines and exit code are kept', async () => {
  const result = await runTool(
    ...node(`console.log('out'); console.error('  one \\n\\ntwo'); process.exitCode = 3`),
    20_000,
  );
  expect(result).toMatchObject({ code: 3, lines: ['one', 'two'], timedOut: false });
  expect(result.output.toString()).toBe('out\n');
});

test('a program that does not end is ended and reported', async () => {
  expect(await runTool(...node(`setInterval(() => {}, 1000)`), 200)).toMatchObject({ code: null, timedOut: true });
});

test('a line without an end does not grow without limit', async () => {
  const { lines } = await runTool(...node(`process.stderr.write('x'.repeat(100000))`), 20_000);
  expect(lines.map((line) => line.length)).toEqual([500]);
});

test('arguments reach the program as they are: no shell reads them', async () => {
  const { output } = await runTool(process.execPath, ['-p', 'process.argv[1]', '$(echo no); `x` "'], 20_000);
  expect(output.toString()).toBe('$(echo no); `x` "\n');
});

test('a program that ignores SIGTERM and is blocked in a write is stopped', async () => {
  const script = `process.on('SIGTERM', () => {}); for (;;) require('fs').writeSync(1, Buffer.alloc(65536))`;
  const tool = startTool(...node(script), { signal: new AbortController().signal, onLine: () => undefined });
  for await (const data of tool.output) {
    expect(data.length).toBeGreaterThan(0);
    break;
  }
  await tool.stop();
  await expect(tool.exit).resolves.toEqual({ code: null });
});

test('a missing program is reported by name, with what to install', async () => {
  await expect(runTool('/nonexistent/ffprobe', [], 1000)).rejects.toMatchObject({
    code: 'ToolMissing',
    message: expect.stringMatching(/^\/nonexistent\/ffprobe is not installed; install ffmpeg/),
  });
});
