// Starts the services that this machine can start, runs every test that they allow, and says what was skipped and why.
// Arguments are passed on to vitest: `npm test -- packages/pcm`.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { serviceOrSkip } from '../packages/testing/src/services.ts';
import { startLocalServices } from './local-services.ts';
import { ROOT } from './toolchain.mjs';

const SERVICES = [
  's3',
  'alsa',
  'ffmpeg',
  'flac',
  'mpv',
  'promtool',
  'chromium',
  'firefox',
  'native',
  'deno',
  'systemd',
  'vlc',
];
const required = process.env.REQUIRE_SERVICES === '1';
/** Sound has deadlines, so tests that capture or play it in real time have the machine to themselves. */
const ROUNDS = [
  { projects: ['unit', 'integration'], options: [] },
  { projects: ['realtime', 'browser'], options: ['--no-file-parallelism'] },
];

/** @returns the exit code */
function runVitest({ projects, options: roundOptions }, args, outputFile) {
  const options = [
    ...roundOptions,
    ...projects.flatMap((name) => ['--project', name]),
    '--passWithNoTests',
    '--reporter=default',
  ];
  const json = ['--reporter=json', `--outputFile.json=${outputFile}`];
  return new Promise((resolve) => {
    const child = spawn('node', ['node_modules/vitest/vitest.mjs', 'run', ...options, ...json, ...args], {
      cwd: ROOT,
      stdio: 'inherit',
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** The counts vitest wrote; a file that failed before its tests counts as one. @returns undefined when there are none */
function readCounts(outputFile) {
  try {
    const results = JSON.parse(readFileSync(outputFile, 'utf8'));
    const brokenFiles = results.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
    );
    return {
      passed: results.numPassedTests,
      failed: results.numFailedTests + brokenFiles.length,
      skipped: results.numPendingTests,
    };
  } catch {
    return undefined;
  }
}

// Until vitest runs, a signal must not skip what stops the services.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);

const total = { passed: 0, failed: 0, skipped: 0 };
let complete = false;
let stopServices = () => undefined;
try {
  rmSync(join(ROOT, 'test-results'), { recursive: true, force: true });
  stopServices = await startLocalServices();
  complete = await runRounds();
} finally {
  stopServices();
}

/** @returns whether every round ran to its end, without an error outside its tests */
async function runRounds() {
  let sound = true;
  for (const round of ROUNDS) {
    const { projects } = round;
    const outputFile = join(ROOT, 'test-results', `${projects.join('-')}.json`);
    const code = await runVitest(round, process.argv.slice(2), outputFile);
    const counts = readCounts(outputFile);
    if (counts === undefined) console.error(`no results of the ${projects.join(' and ')} tests were written`);
    if (counts === undefined || (code !== 0 && counts.failed === 0)) sound = false;
    for (const kind of Object.keys(total)) total[kind] += counts?.[kind] ?? 0;
  }
  return sound;
}

if (!required && total.skipped > 0) {
  const missing = SERVICES.filter((name) => !serviceOrSkip(name).available);
  if (missing.length > 0) {
    console.log(
      `\nTests that need ${missing.join(', ')} were skipped; npm run setup:services && npm run setup:native brings them.`,
    );
  }
}
if (!complete) console.error('the run was not complete, or failed outside its tests: see above');
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = complete && total.failed === 0 && total.passed > 0 ? 0 : 1;
