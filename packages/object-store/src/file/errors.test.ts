import { describe, expect, it } from 'vitest';
import { mapFileError } from './errors.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as the system says it`), { code });
}

describe('mapFileError', () => {
  it.each([
    ['ENOSPC', 'Unavailable', '"x": the disk is full; free space on the file system of /data'],
    ['EDQUOT', 'Unavailable', '"x": the disk is full; free space on the file system of /data'],
    ['EACCES', 'PermissionDenied', "no permission in /data; let this process's user read and write it"],
    ['EROFS', 'PermissionDenied', '/data is on a read-only file system'],
    ['ENAMETOOLONG', 'InvalidPath', 'at most 255 bytes between slashes'],
    ['EMFILE', 'Unavailable', 'raise "ulimit -n"'],
    ['EIO', 'Unavailable', '/data cannot be used: EIO: as the system says it'],
  ])('names %s by its outcome and says what to do', (code, outcome, message) => {
    const cause = systemError(code);
    expect(mapFileError(cause, '/data', 'x')).toMatchObject({
      code: outcome,
      key: 'x',
      cause,
      message: expect.stringContaining(message),
    });
  });
});
