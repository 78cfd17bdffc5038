import {
  describeRecordings,
  findGaps,
  freeDiskBytes,
  gapMs,
  hasWholeSidecar,
  listUnfinished,
  type RecordingInfo,
  rebuildSidecar,
  recoverRecordings,
  reuniteSidecars,
  sidecarPath,
} from '@bucket-radio/archive';
import { framesToMs } from '@bucket-radio/pcm';
import type { Command } from 'commander';
import { cutRecordings, parseInstant } from '../archive-cut.ts';
import { recordingMd5 } from '../recordings/pcm-md5.ts';
import { addColdStorageCommands } from './archive-cold.ts';
import { type ArchiveFlags, archiveConfig, formatInstant, printLine, recordingsDirectory } from './archive-common.ts';
import { sayNowPlaying } from './now-playing.ts';

/** `radio archive …`: what was recorded, whether it is whole, pieces of it, and where else it is. */
export function addArchiveCommands(program: Command): void {
  const archive = program.command('archive').description('recordings: list, verify, repair, cut, cue, upload, share');
  const command = (name: string, description: string): Command =>
    archive
      .command(name)
      .description(description)
      .option('--recordings-dir <dir>', 'where they are [RADIO_RECORDINGS_DIR]');
  command('list', 'every recording with its start, length and size, and what is missing between and in them')
    .option('--json', 'print one JSON document')
    .action(list);
  command('verify', 'decode every recording and compare with its MD5; exit code 1 on damage').action(verify);
  command('repair', 'finish what an interrupted station left').action(repair);
  command('cut <file>', 'write a sample-exact FLAC of the time from --from to --to, across recordings')
    .requiredOption('--from <utc>', 'such as 2026-11-20T20:00:00Z')
    .requiredOption('--to <utc>', 'not included')
    .action(cut);
  archive
    .command('cue <title>')
    .description('mark this moment in the recording that is running; `cut` makes a CUE sheet of the marks')
    .option('--artist <name>', 'who plays it')
    .action(async (title: string, { artist }: { readonly artist?: string }) => {
      const cue = { title, ...(artist === undefined ? {} : { artist }) };
      await sayNowPlaying(archiveConfig(), cue, 'cue');
    });
  addColdStorageCommands(command);
}

/** Every recording that can be read; the others are named on standard error. */
async function describe(directory: string): Promise<RecordingInfo[]> {
  return await describeRecordings(directory, {
    onUnreadable: (path, reason) => process.stderr.write(`radio: ${path} is left out: ${reason}\n`),
  });
}

async function list(flags: ArchiveFlags & { readonly json?: true }): Promise<void> {
  const directory = await recordingsDirectory(flags);
  const recordings = await describe(directory);
  const gaps = findGaps(recordings);
  const freeBytes = await freeDiskBytes(directory);
  const unfinished = await listUnfinished(directory);
  if (flags.json) {
    printLine(JSON.stringify({ recordings: recordings.map(summary), unfinished, gaps, freeBytes }));
    return;
  }
  for (const recording of recordings) {
    for (const gap of gaps.filter(({ toMs }) => toMs === recording.startMs)) {
      printLine(`${formatInstant(gap.fromMs)}  ${seconds(gap.toMs - gap.fromMs)} s  not recorded`);
    }
    printRecording(recording);
  }
  for (const path of unfinished) printLine(`${path}: being recorded, or left by a station that was interrupted`);
  const total = recordings.reduce((sum, { frames }) => sum + framesToMs(frames) / 1000, 0);
  const counts = `${recordings.length} recordings, ${total.toFixed(1)} s, ${gaps.length} gaps`;
  printLine(`${counts}; ${gigabytes(freeBytes)} GB of disk are free${roomFor(recordings, freeBytes)}`);
}

/** How long the disk lasts when what comes takes what the recordings took. */
function roomFor(recordings: readonly RecordingInfo[], freeBytes: number): string {
  const bytes = recordings.reduce((sum, recording) => sum + recording.bytes, 0);
  const hours = recordings.reduce((sum, { frames }) => sum + framesToMs(frames), 0) / 3_600_000;
  return hours === 0 ? '' : `, room for ${Math.floor((freeBytes * hours) / bytes)} h`;
}

function printRecording(recording: RecordingInfo): void {
  const { startMs, frames, bytes, path, timeline, gaps, firstFrame = 0 } = recording;
  const size = `${(bytes / 1e6).toFixed(1).padStart(7)} MB`;
  printLine(`${formatInstant(startMs)}  ${seconds(framesToMs(frames))} s  ${size}  ${whereIs(recording)}  ${path}`);
  for (const gap of gaps) {
    const from = timeline.utcMsAt(gap.frame - firstFrame);
    printLine(`${formatInstant(from)}  ${seconds(framesToMs(gap.frames))} s  silence in it: ${gap.reason}`);
  }
}

function whereIs({ isLocal, stored }: RecordingInfo): string {
  if (stored === undefined) return 'here       ';
  return isLocal ? 'here+stored' : 'stored     ';
}

/** A recording as JSON, for programs. */
function summary(recording: RecordingInfo): Record<string, unknown> {
  const { path, isLocal, bytes, startMs, endMs, firstFrame, frames, pcmMd5, gaps, cues, stored } = recording;
  const lostMs = gapMs(recording);
  return { path, isLocal, bytes, startMs, endMs, firstFrame, frames, pcmMd5, lostMs, gaps, cues, stored };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3).padStart(9);
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}

async function verify(flags: ArchiveFlags): Promise<void> {
  const recordings = (await describe(await recordingsDirectory(flags))).filter(({ isLocal }) => isLocal);
  let damaged = 0;
  for (const recording of recordings) {
    const verdict = await verdictOn(recording);
    if (verdict !== 'ok') damaged += 1;
    printLine(`${recording.path}: ${verdict}`);
  }
  printLine(`${recordings.length - damaged} ok, ${damaged} damaged`);
  if (damaged > 0) process.exitCode = 1;
}

async function verdictOn({ path, pcmMd5 }: RecordingInfo): Promise<string> {
  try {
    const decoded = Buffer.from(await recordingMd5(path)).toString('hex');
    if (pcmMd5 === undefined) return 'decodes, but carries no MD5';
    return decoded === pcmMd5 ? 'ok' : `DAMAGED: decodes to ${decoded}, recorded as ${pcmMd5}`;
  } catch {
    return 'DAMAGED: it does not decode';
  }
}

async function repair(flags: ArchiveFlags): Promise<void> {
  const directory = await recordingsDirectory(flags);
  const results = await recoverRecordings(await listUnfinished(directory), { directory, pcmMd5: recordingMd5 });
  for (const result of results) {
    const lost = result.outcome === 'repaired' ? `, about ${result.lostMs} ms lost` : '';
    printLine(`${result.path}: ${result.outcome}${lost}`);
  }
  await reuniteSidecars(directory);
  let rebuilt = 0;
  for (const { path, isLocal } of await describe(directory)) {
    if (!isLocal || (await hasWholeSidecar(path))) continue;
    await rebuildSidecar(path);
    rebuilt += 1;
    printLine(`${sidecarPath(path)}: rebuilt`);
  }
  printLine(`${results.length} unfinished recordings, ${rebuilt} sidecars rebuilt`);
}

async function cut(file: string, flags: ArchiveFlags & { readonly from: string; readonly to: string }): Promise<void> {
  const recordings = await describe(await recordingsDirectory(flags));
  const range = { fromMs: parseInstant('--from', flags.from), toMs: parseInstant('--to', flags.to) };
  const { frames, tracks } = await cutRecordings(recordings, range, file);
  const sheet = tracks === 0 ? '' : `, ${tracks} tracks in the CUE sheet`;
  printLine(`${file}: ${frames} frames, ${framesToMs(frames) / 1000} s${sheet}`);
}
