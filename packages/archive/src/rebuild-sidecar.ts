import { open, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readFlacInfo } from './flac-info.ts';
import { exists, moveSidecar } from './move.ts';
import { parseStagingName, STAGING_DIRECTORY } from './paths.ts';
import { formatNotes, notesOf, readNotes, type SidecarNote, sidecarPath } from './sidecar.ts';

/**
 * Writes the sidecar of a whole FLAC file anew, atomically: from the file itself, and from the lines of the old sidecar
 * that are whole and are about frames the file has.
 * @throws Error when the file is not a recording of ours, or the sidecar cannot be written
 */
export async function rebuildSidecar(flacPath: string, repaired?: { readonly lostMs: number }): Promise<void> {
  const path = sidecarPath(flacPath);
  const { station, startMs, firstFrame = 0, frames, pcmMd5 } = await readFlacInfo(flacPath);
  const endFrame = firstFrame + frames;
  const old = await readNotes(path);
  const [start] = notesOf(old, 'start');
  const kept = old.filter((note) => {
    if (note.type === 'start' || note.type === 'end') return false;
    return !('frame' in note) || note.frame < endFrame;
  });
  const notes: SidecarNote[] = [
    start?.frame === firstFrame
      ? start
      : { type: 'start', version: 1, station: station ?? '', frame: firstFrame, utcMs: startMs },
    ...kept,
    { type: 'end', frame: endFrame, ...(pcmMd5 === undefined ? {} : { pcmMd5 }) },
    ...(repaired === undefined ? [] : [{ type: 'repaired' as const, lostMs: repaired.lostMs }]),
  ];
  await replaceFile(path, formatNotes(notes));
}

/** Whether a finished recording has a sidecar that says where it starts and ends. */
export async function hasWholeSidecar(flacPath: string): Promise<boolean> {
  const notes = await readNotes(sidecarPath(flacPath));
  return notesOf(notes, 'start').length > 0 && notesOf(notes, 'end').length > 0;
}

/** Adds a line to the sidecar of a finished recording, and forces it to disk. */
export async function appendNote(flacPath: string, note: SidecarNote): Promise<void> {
  const path = sidecarPath(flacPath);
  if (!(await hasWholeSidecar(flacPath))) await rebuildSidecar(flacPath);
  const file = await open(path, 'a+');
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
    // A line of its own even behind one that is torn.
    const separator = size === 0 || buffer.toString() === '\n' ? '' : '\n';
    await file.writeFile(`${separator}${formatNotes([note])}`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Sidecars whose recording got its final name just before the process was killed follow it there. */
export async function reuniteSidecars(directory: string): Promise<void> {
  const staging = join(directory, STAGING_DIRECTORY);
  const names: string[] = await readdir(staging).catch(() => []);
  for (const name of names.filter((each) => each.endsWith('.jsonl'))) {
    const stagingFlac = join(staging, name.replace(/\.jsonl$/, '.flac'));
    const parsed = parseStagingName(basename(stagingFlac));
    if (parsed === undefined || names.includes(basename(stagingFlac))) continue;
    for (const path of await finalNames(join(directory, parsed.name))) {
      const info = await readFlacInfo(path).catch(() => undefined);
      if (info?.firstFrame !== parsed.firstFrame || (await exists(sidecarPath(path)))) continue;
      await moveSidecar(stagingFlac, path);
      break;
    }
  }
}

/** `{name}.flac`, `{name}-2.flac` … as far as they are there. */
async function finalNames(name: string): Promise<string[]> {
  const files = await readdir(dirname(name)).catch(() => []);
  const own = new RegExp(`^${basename(name)}(-\\d+)?\\.flac$`);
  return files.filter((file) => own.test(file)).map((file) => join(dirname(name), file));
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
