import { createReadStream, createWriteStream, mkdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

/**
 * As much of an S3 server as the measurement of memory needs: it keeps parts on disk and asks for no signature, because
 * the server that the tests run on keeps everything in memory. `disk-s3.mjs DIRECTORY` prints its endpoint.
 */
const [directory = ''] = process.argv.slice(2);
/** By key: the files of its parts, in order. */
const objects = new Map();
const uploads = new Map();
let files = 0;

async function store(request) {
  const path = join(directory, `${++files}`);
  await pipeline(request, createWriteStream(path));
  return { path, size: statSync(path).size };
}

function sizeOf(object) {
  return object.parts.reduce((sum, { size }) => sum + size, 0);
}

async function send(response, object, start, end) {
  let at = 0;
  for (const { path, size } of object.parts) {
    const from = Math.max(start, at);
    const to = Math.min(end, at + size);
    if (from < to) {
      await pipeline(createReadStream(path, { start: from - at, end: to - at - 1 }), response, { end: false });
    }
    at += size;
  }
  response.end();
}

async function putObject(request, response, { key, query }) {
  const upload = uploads.get(query.get('uploadId'));
  const part = await store(request);
  if (upload === undefined) objects.set(key, { parts: [part] });
  else upload[Number(query.get('partNumber')) - 1] = part;
  response.setHeader('ETag', `"${files}"`).end();
}

async function post(request, response, { key, query }) {
  await text(request);
  response.setHeader('Content-Type', 'application/xml');
  if (query.has('uploads')) {
    const id = `upload-${++files}`;
    uploads.set(id, []);
    response.end(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
    return;
  }
  objects.set(key, { parts: uploads.get(query.get('uploadId')), metadata: request.headers['x-amz-meta-upload-id'] });
  uploads.delete(query.get('uploadId'));
  response.end('<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>');
}

async function get(request, response, { key }) {
  const object = objects.get(key);
  if (object === undefined) {
    response.writeHead(404).end();
    return;
  }
  const size = sizeOf(object);
  response.setHeader('ETag', object.parts.length === 1 ? '"1"' : '"whole"');
  response.setHeader('Last-Modified', new Date(0).toUTCString());
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (request.method === 'HEAD' || first === undefined) {
    response.writeHead(200, { 'Content-Length': size });
    if (request.method === 'HEAD') response.end();
    else await send(response, object, 0, size);
    return;
  }
  response.writeHead(206, {
    'Content-Length': Number(last) - Number(first) + 1,
    'Content-Range': `bytes ${first}-${last}/${size}`,
  });
  await send(response, object, Number(first), Number(last) + 1);
}

function remove(response, { key, query }) {
  const parts = query.has('uploadId') ? uploads.get(query.get('uploadId')) : objects.get(key)?.parts;
  for (const { path } of parts ?? []) rmSync(path, { force: true });
  if (query.has('uploadId')) uploads.delete(query.get('uploadId'));
  else objects.delete(key);
  response.writeHead(204).end();
}

async function handle(request, response) {
  const url = new URL(request.url, 'http://localhost');
  const where = { key: url.pathname, query: url.searchParams };
  if (request.method === 'PUT') await putObject(request, response, where);
  else if (request.method === 'POST') await post(request, response, where);
  else if (request.method === 'DELETE') remove(response, where);
  else await get(request, response, where);
}

mkdirSync(directory, { recursive: true });
const server = createServer((request, response) => {
  handle(request, response).catch(() => response.destroy());
}).listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${server.address().port}\n`);
});
