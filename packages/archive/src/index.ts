export { type Archive, type ArchiveOptions, type ArchiveStatus, createArchive } from './archive.ts';
export {
  describeRecordings,
  findGaps,
  type RecordingGap,
  type RecordingInfo,
  recordingEndMs,
} from './describe.ts';
export { flacFileHeader, STREAMINFO_OFFSET } from './metadata.ts';
export { nextRotation, recordingName, STAGING_DIRECTORY } from './paths.ts';
export type { RecordingStart } from './recording.ts';
export { type RecoveredRecording, type RecoverOptions, recoverRecordings } from './recover.ts';
export { listRecordings, listUnfinished, pruneRecordings, type RecordingFile } from './retention.ts';
