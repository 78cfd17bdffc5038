export { type Archive, type ArchiveOptions, type ArchiveStatus, createArchive } from './archive.ts';
export { type CueTrack, formatCueSheet, MAX_CUE_TRACKS } from './cue-sheet.ts';
export {
  type DescribeOptions,
  describeRecording,
  describeRecordings,
  findGaps,
  gapMs,
  type RecordingGap,
  type RecordingInfo,
} from './describe.ts';
export { type DiskLimits, type DiskStatus, freeDiskBytes } from './disk.ts';
export { flacFileHeader, STREAMINFO_OFFSET } from './metadata.ts';
export type { RecordingNote } from './notes-queue.ts';
export { nextRotation, recordingName, STAGING_DIRECTORY } from './paths.ts';
export { appendNote, hasWholeSidecar, rebuildSidecar, reuniteSidecars } from './rebuild-sidecar.ts';
export type { RecordingStart } from './recording.ts';
export { type RecoveredRecording, type RecoverOptions, recoverRecordings } from './recover.ts';
export {
  listRecordings,
  listUnfinished,
  pruneRecordings,
  type RecordingFile,
  removeStoredRecording,
} from './retention.ts';
export {
  type CueNote,
  type GapNote,
  readNotes,
  type SidecarNote,
  type StoredNote,
  sidecarPath,
  type TimeNote,
} from './sidecar.ts';
export { type Anchor, Timeline } from './timeline.ts';
