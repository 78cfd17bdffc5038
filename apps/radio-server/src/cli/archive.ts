import { stat } from 'node:fs/promises';
import {
  describeRecordings,
  findGaps,
  listUnfinished,
  type RecordingInfo,
  recordingEndMs,
  recoverRecordings,
} from '@bucket-radio/archive';
import { framesToMs } from '@bucket-radio/pcm';
import type { Command } from 'commander';
import { cutRecordings, parseInstant } from '../archive-cut.ts';
import { ConfigError, readConfigFile, resolveConfig } from '../config/load.ts';
import { pcmMd5WithFfmpeg } from '../recovery.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const iso = (utcMs: number): string => new Date(Math.round(utcMs)).toISOString();

/** `radio archive …`: what was recorded, whether it is whole, and pieces of it. */
export function addArchiveCommands(program: Command): void {
  const archive = program.command('archive').description('recordings: list, verify, repair, cut');
  const command = (name: string, description: string): Command =>
    archive
      .command(name)
      .description(description)
      .option('--recordings-dir <dir>', 'where they are [RADIO_RECORDINGS_DIR]');
  command('list', 'every recording with its start, length and size, and the gaps between them').action(list);
  command('verify', 'decode every recording and compare with its MD5; exit code 1 on damage').action(verify);
  command('repair', 'finish what an interrupted station left').action(repair);
  command('cut <file>', 'write a sample-exact FLAC of the time from --from to --to, across recordings')
    .requiredOption('--from <utc>', 'such as 2026-11-20T20:00:00Z')
    .requiredOption('--to <utc>', 'not included')
    .action(cut);
}

interface Options {
  readonly recordingsDir?: string;
}

async function directoryOf({ recordingsDir }: Options): Promise<string> {
  const file = readConfigFile();
  const flags = recordingsDir === undefined ? {} : { recordingsDir };
  const directory = resolveConfig({ flags, env: process.env, ...(file === undefined ? {} : { file }) }).recordingsDir;
  const found = await stat(directory).catch(() => undefined);
  if (!found?.isDirectory()) throw new ConfigError([`${directory} is not a directory: give --recordings-dir`]);
  return directory;
}

async function list(options: Options): Promise<void> {
  const recordings = await describeRecordings(await directoryOf(options));
  const gaps = findGaps(recordings);
  for (const recording of recordings) {
    const seconds = (framesToMs(recording.frames) / 1000).toFixed(3).padStart(9);
    say(
      `${iso(recording.startMs)}  ${seconds} s  ${(recording.bytes / 1e6).toFixed(1).padStart(7)} MB  ${recording.path}`,
    );
    const gap = gaps.find(({ fromMs }) => fromMs === recordingEndMs(recording));
    if (gap !== undefined)
      say(`${iso(gap.fromMs)}  ${((gap.toMs - gap.fromMs) / 1000).toFixed(3).padStart(9)} s  not recorded`);
  }
  const seconds = recordings.reduce((sum, { frames }) => sum + framesToMs(frames) / 1000, 0);
  say(`${recordings.length} recordings, ${seconds.toFixed(1)} s, ${gaps.length} gaps`);
}

async function verify(options: Options): Promise<void> {
  const recordings = await describeRecordings(await directoryOf(options));
  let damaged = 0;
  for (const recording of recordings) {
    const verdict = await verdictOn(recording);
    if (verdict !== 'ok') damaged += 1;
    say(`${recording.path}: ${verdict}`);
  }
  say(`${recordings.length - damaged} ok, ${damaged} damaged`);
  if (damaged > 0) process.exitCode = 1;
}

async function verdictOn({ path, pcmMd5 }: RecordingInfo): Promise<string> {
  if (pcmMd5 === undefined) return 'carries no MD5';
  try {
    const decoded = Buffer.from(await pcmMd5WithFfmpeg(path)).toString('hex');
    return decoded === pcmMd5 ? 'ok' : `DAMAGED: decodes to ${decoded}, recorded as ${pcmMd5}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new ConfigError(['ffmpeg is missing: apt install ffmpeg']);
    return 'DAMAGED: it does not decode';
  }
}

async function repair(options: Options): Promise<void> {
  const directory = await directoryOf(options);
  const results = await recoverRecordings(await listUnfinished(directory), { directory, pcmMd5: pcmMd5WithFfmpeg });
  for (const { outcome, path } of results) say(`${path}: ${outcome}`);
  say(`${results.length} unfinished recordings`);
}

async function cut(file: string, options: Options & { readonly from: string; readonly to: string }): Promise<void> {
  const recordings = await describeRecordings(await directoryOf(options));
  const range = { fromMs: parseInstant('--from', options.from), toMs: parseInstant('--to', options.to) };
  const { frames } = await cutRecordings(recordings, range, file);
  say(`${file}: ${frames} frames, ${framesToMs(frames) / 1000} s`);
}
