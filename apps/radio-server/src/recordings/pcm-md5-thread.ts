import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { decodeFlacStream } from '@bucket-radio/encoders';
import { packS24le } from '@bucket-radio/pcm';

/** A thread that decodes the FLAC file it is given and posts the MD5 of its PCM; it fails where the file does. */
const file = openSync(String(workerData), 'r');
const hash = createHash('md5');
try {
  await decodeFlacStream({
    read: (maxBytes) => {
      const buffer = new Uint8Array(maxBytes);
      return buffer.subarray(0, readSync(file, buffer, 0, maxBytes, null));
    },
    write: (samples) => hash.update(packS24le(samples)),
  });
} finally {
  closeSync(file);
}
parentPort?.postMessage(hash.digest('hex'));
