import { isObjectStoreError, ObjectStoreError } from '../error.ts';
import { quoteKey } from '../key.ts';

/** Whether `error` is a system error with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(error.code as string);
}

/** Every error of the operating system, as the contract names it. */
export function mapFileError(error: unknown, directory: string, key: string | undefined): ObjectStoreError {
  if (isObjectStoreError(error)) return error;
  const subject = key === undefined ? 'the listing' : quoteKey(key);
  const options = key === undefined ? { cause: error } : { key, cause: error };
  const reason = error instanceof Error ? error.message : String(error);

  if (hasCode(error, 'ENOSPC', 'EDQUOT')) {
    return new ObjectStoreError(
      'Unavailable',
      `${subject}: the disk is full; free space on the file system of ${directory}`,
      options,
    );
  }
  if (hasCode(error, 'EACCES', 'EPERM')) {
    return new ObjectStoreError(
      'PermissionDenied',
      `${subject}: no permission in ${directory}; let this process's user read and write it (${reason})`,
      options,
    );
  }
  if (hasCode(error, 'EROFS')) {
    return new ObjectStoreError(
      'PermissionDenied',
      `${subject}: ${directory} is on a read-only file system; mount it read-write or name another directory`,
      options,
    );
  }
  if (hasCode(error, 'ENAMETOOLONG')) {
    return new ObjectStoreError(
      'InvalidPath',
      `key ${subject} is too long for the file system; use at most 255 bytes between slashes`,
      options,
    );
  }
  if (hasCode(error, 'EMFILE', 'ENFILE')) {
    return new ObjectStoreError(
      'Unavailable',
      `${subject}: too many open files; read every body to its end or cancel it, or raise "ulimit -n"`,
      options,
    );
  }
  if (hasCode(error, 'ENOTDIR', 'EEXIST')) {
    return new ObjectStoreError(
      'Unavailable',
      `${subject}: ${directory} is not a directory; remove the file that is in the way or name another directory`,
      options,
    );
  }
  return new ObjectStoreError('Unavailable', `${subject}: ${directory} cannot be used: ${reason}`, options);
}

/** A file system has one name space for files and directories; a bucket has none for directories. */
export function pathConflict(key: string, cause?: unknown): ObjectStoreError {
  return new ObjectStoreError(
    'InvalidPath',
    `key ${quoteKey(key)} cannot be kept in a directory: another object's key is its beginning, or begins with it and a "/"; use another name`,
    { key, cause },
  );
}
