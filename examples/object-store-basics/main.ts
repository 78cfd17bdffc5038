// Where the objects go: an S3 bucket when the four variables are set, else a directory. The rest is the same for both.
import { createFileStore, type FullObjectStore, isObjectStoreError, withPrefix } from '@bucket-radio/object-store';
import { createS3Store } from '@bucket-radio/object-store-s3';

const { S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY, DATA_DIRECTORY = './data' } = process.env;

function openStore(): FullObjectStore {
  if (S3_ENDPOINT === undefined || S3_BUCKET === undefined) return createFileStore({ directory: DATA_DIRECTORY });
  return createS3Store({
    endpoint: S3_ENDPOINT,
    bucket: S3_BUCKET,
    accessKeyId: S3_ACCESS_KEY ?? '',
    secretAccessKey: S3_SECRET_KEY ?? '',
  });
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

// Everything below happens under `example/`: a store that begins there cannot touch anything else.
const store = withPrefix(openStore(), 'example/');

// Put and get. An object is there as a whole or not at all.
await store.put('notes/today.txt', bytes('hello, bucket'), { attributes: { contentType: 'text/plain' } });
const whole = await store.get('notes/today.txt');
say(`today.txt is ${whole.meta.size} bytes of ${whole.attributes.contentType}: ${await whole.text()}`);

// A part of it: bytes [7, 13).
const part = await store.get('notes/today.txt', { range: { start: 7, end: 13 } });
say(`its bytes 7 to 13: ${await part.text()}`);

// `create` never overwrites. Errors are decided on by their code.
try {
  await store.put('notes/today.txt', bytes('me first'), { mode: 'create' });
} catch (error) {
  if (!isObjectStoreError(error, 'AlreadyExists')) throw error;
  say('create: somebody was faster, and nothing was lost');
}

// `update` replaces the version that was read and no other: a counter that many may increase at the same time.
async function increase(key: string): Promise<number> {
  for (;;) {
    const current = await store.get(key);
    const next = Number(await current.text()) + 1;
    try {
      await store.put(key, bytes(String(next)), { mode: { update: { etag: current.meta.etag } } });
      return next;
    } catch (error) {
      // Another writer was faster, or an answer was lost: look again.
      if (!isObjectStoreError(error, 'PreconditionFailed') && !isObjectStoreError(error, 'Ambiguous')) throw error;
    }
  }
}
await store.put('counter', bytes('0'));
await Promise.all([increase('counter'), increase('counter'), increase('counter')]);
say(`the counter, increased by three at the same time: ${await (await store.get('counter')).text()}`);

// Copies are made by the store. A listing is an async iterable without an end of its own.
await store.copy('notes/today.txt', 'notes/copy.txt');
for await (const { key, size } of store.list()) say(`${String(size).padStart(4)}  ${key}`);
say(`one level: ${(await store.listWithDelimiter()).prefixes.join(' ')}`);

// Deletes tell of every key; one that is not there counts as deleted.
for await (const { key, error } of store.deleteMany(['counter', 'notes/copy.txt', 'notes/today.txt', 'notes/none'])) {
  if (error !== undefined) say(`${key}: ${error.message}`);
}
let left = 0;
for await (const _ of store.list()) left++;
say(`left: ${left}`);
