// A proof is a set of tests that can be run alone, at a scale, from a seed: pnpm prove NAME [--seed S] [--scale F]
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { ROOT } from './toolchain.mjs';

/** What each proof shows, and the tests that show it; `scaled` ones read the seed and the scale. */
const PROOFS = {
  'thin-line': {
    shows: 'what leaves the audio graph of a real browser is what was captured, bit for bit, across segment joins',
    tests: ['apps/radio-server/src/station.browser.test.ts'],
    scaled: true,
  },
  'archive-recovery': {
    shows: 'a recording interrupted by kill -9 loses at most a block, by a power cut at most 1.1 s, and is whole again',
    tests: ['apps/radio-server/src/archive-recovery.integration.test.ts'],
    scaled: true,
  },
  'archive-exact': {
    shows:
      'six hours recorded across six full hours decode, file after file, to exactly the samples that were captured',
    tests: ['apps/radio-server/src/archive-exact.integration.test.ts'],
    scaled: true,
  },
  'archive-disk-full': {
    shows:
      'a full disk stops the archive with one alarm and never the stream; it goes on by itself, nothing is damaged',
    tests: ['apps/radio-server/src/archive-disk-full.integration.test.ts'],
  },
  'archive-cold-storage': {
    shows: 'a recording reaches a private bucket whole through crashes, and is not sent twice',
    tests: ['apps/radio-server/src/recordings'],
    scaled: true,
  },
  exact: {
    shows: 'segments, encoders and CMAF objects hold exactly the captured frames, judged by ffmpeg and flac',
    tests: ['packages/segmenter', 'packages/encoders'],
    scaled: true,
  },
  joins: {
    shows:
      'a decoder that starts at a cut gives, after the lead-in, what one gives that was running: libopus, WebCodecs and MSE',
    tests: ['packages/encoders/src/opus/opus-encoder.test.ts', 'packages/encoders/src/cmaf/chromium.browser.test.ts'],
    scaled: true,
  },
  capture: {
    shows:
      'every sample a live source loses is accounted for: simulated clocks for 30 days, frozen readers, unplugged devices, overruns',
    tests: ['packages/capture'],
    scaled: true,
  },
  meters: {
    shows: 'loudness, its range and true peak are what ffmpeg ebur128 reads, on 18 signals and recorded music',
    tests: ['apps/radio-server/src/meters'],
    scaled: true,
  },
  guard: {
    shows: 'the signal guard tells every fault by its name in time, and keeps quiet about recorded music',
    tests: ['apps/radio-server/src/guard'],
    scaled: true,
  },
  publisher: {
    shows:
      'faults, outages, kills and clock steps on a memory store break no promise of the bucket and lose no segment inside the window',
    tests: ['packages/publisher'],
    scaled: true,
  },
  'publisher-faults': {
    shows:
      'a line that spoils every third request, on a real S3 server: every promise checked after every request (10,000 faults at scale 85)',
    tests: ['apps/radio-server/src/publisher.s3.integration.test.ts'],
    scaled: true,
  },
  'publisher-kills': {
    shows:
      'real stations killed with kill -9 are on air again and verified, one break each, no orphan stays (200 kills at scale 67)',
    tests: ['apps/radio-server/src/publisher-kills.integration.test.ts'],
    scaled: true,
  },
  'publisher-windows': {
    shows:
      'windows of three segments to 24 h (scale 12) have one small manifest, an index of their hours, and deletes that keep up',
    tests: ['packages/publisher/src/long-window.test.ts'],
    scaled: true,
  },
  standby: {
    shows:
      'of two encoders of one station one is on air: refused, replaced when killed or frozen, and silent when it wakes up',
    tests: ['apps/radio-server/src/standby.s3.integration.test.ts'],
  },
  uploader: {
    shows:
      'faults in one of five requests and kill -9 at any moment: every upload ends whole or with a typed error, and is resumed',
    tests: ['packages/uploader', 'packages/storage-proofs'],
    scaled: true,
  },
  'hybrid-buffer': {
    shows: 'a hybrid buffer is a plain array, whatever storage and middleware it has; a crash leaves no plaintext',
    tests: ['packages/hybrid-buffer', 'packages/buffer-proofs'],
    scaled: true,
  },
  'other-players': {
    shows: 'hls.js in Chromium plays the station without a 404 (5 s at scale 1, 20 min at 240), and so does mpv',
    tests: ['apps/radio-server/src/other-players.browser.test.ts'],
    scaled: true,
  },
  'player-chaos': {
    shows: 'whatever happens to the network or the station, sound is back 2 s after the first answer that helps',
    tests: ['packages/player/src/engine/chaos.test.ts'],
    scaled: true,
  },
  'player-exact': {
    shows:
      'both engines play random 24-bit sound bit for bit across every join (60 s are scale 9), and change hq → lq → hq at the very frame',
    tests: ['packages/player/src/engine.browser.test.ts', 'packages/player/src/element-engine.browser.test.ts'],
    scaled: true,
  },
  'player-firefox': {
    shows: 'both engines play random 24-bit sound bit for bit across every join in Firefox too (60 s are scale 9)',
    tests: ['packages/player/src/firefox.browser.test.ts'],
    scaled: true,
  },
  'player-listening': {
    shows:
      'a real Chromium plays on and on (20 min are scale 240): every segment verified, no underrun, a heap that stays',
    tests: ['packages/player/src/listening.browser.test.ts'],
    scaled: true,
  },
  'player-endurance': {
    shows: 'hours of playing against a drifting clock: no underrun, no growth (24 h are scale 288)',
    tests: ['packages/player/src/engine/endurance.test.ts'],
    scaled: true,
  },
  storage: {
    shows: 'every store and wrapper keeps every promise of the contract, on a real S3 server too',
    tests: ['packages/object-store', 'packages/object-store-s3', 'packages/uploader', 'packages/storage-proofs'],
  },
  cloudflare: {
    shows:
      'R2 and KV in real workerd keep every documented promise and the object-store contract; a real S3 server takes our presigned URLs and no other',
    tests: ['packages/cloudflare-clients'],
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    scale: { type: 'string', default: '1' },
    /** A directory of recorded music, where a proof would else make its own. */
    music: { type: 'string' },
  },
});
const proof = PROOFS[positionals[0] ?? ''];
const scale = Number(values.scale);
if (proof === undefined || !(scale > 0)) {
  // Without a name the list was asked for.
  const listed = positionals.length === 0 && scale > 0;
  const say = listed ? console.log : console.error;
  say('usage: pnpm prove NAME [--seed S] [--scale F] [--music DIRECTORY]   (F > 0; 1 is the scale of npm test)');
  for (const [name, { shows }] of Object.entries(PROOFS)) say(`  ${name.padEnd(16)} ${shows}`);
  process.exit(listed ? 0 : 2);
}
if (!proof.scaled && (values.seed !== '1' || scale !== 1)) {
  console.error(`${positionals[0]} has one seed and one scale: leave --seed and --scale out`);
  process.exit(2);
}
console.log(`${positionals[0]}: ${proof.shows}\nseed ${values.seed}, scale ${scale}`);
const { status } = spawnSync('node', ['scripts/launch.mjs', 'test', ...proof.tests], {
  cwd: ROOT,
  stdio: 'inherit',
  env: {
    ...process.env,
    PROVE_SEED: values.seed,
    PROVE_SCALE: String(scale),
    ...(values.music && { PROVE_MUSIC: values.music }),
  },
});
process.exitCode = status ?? 1;
