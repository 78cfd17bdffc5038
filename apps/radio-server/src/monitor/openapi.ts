import { z } from 'zod';
import { MAX_BODY_BYTES, titleSchema } from './bodies.ts';

interface Operation {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly summary: string;
  readonly answers: Readonly<Record<number, string>>;
  readonly type?: string;
  readonly body?: z.ZodType;
}

const REFUSED = {
  401: 'The token is missing or wrong.',
  403: 'A foreign Host, or a change that another site asks for.',
};
const CHANGED = { 204: 'Done.' };

/** Every route but the page's own files. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/healthz',
    summary: 'Answers while the process lives.',
    answers: { 200: 'ok' },
    type: 'text/plain',
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'Whether listeners hear the station.',
    answers: { 200: 'They do.', 503: 'They do not; `reasons` says why.' },
    type: 'application/json',
  },
  {
    method: 'get',
    path: '/status',
    summary: 'Everything the monitor shows, as one document; null while the station starts.',
    answers: { 200: 'MonitorStatus' },
    type: 'application/json',
  },
  {
    method: 'get',
    path: '/events',
    summary:
      'Server-sent events: status (every second), levels (12.5 a second), spectrum, segment, alert, log, minute.',
    answers: { 200: 'A stream that does not end.', 503: 'Too many pages are open.' },
    type: 'text/event-stream',
  },
  {
    method: 'get',
    path: '/history',
    summary: 'The last 24 hours, minute by minute.',
    answers: { 200: 'An array of minutes, oldest first.' },
    type: 'application/json',
  },
  {
    method: 'get',
    path: '/log',
    summary: 'The last lines of the log.',
    answers: { 200: 'An array of lines, oldest first.' },
    type: 'application/json',
  },
  {
    method: 'get',
    path: '/metrics',
    summary: 'For Prometheus.',
    answers: { 200: 'Prometheus text format.' },
    type: 'text/plain',
  },
  {
    method: 'get',
    path: '/openapi.json',
    summary: 'This document.',
    answers: { 200: 'OpenAPI 3.1' },
    type: 'application/json',
  },
  {
    method: 'post',
    path: '/start',
    summary: 'Puts a station that was stopped here back on the air.',
    answers: { ...CHANGED, 409: 'It is not off the air.' },
  },
  {
    method: 'post',
    path: '/stop',
    summary: 'Takes the station off the air; process and monitor stay. The manifest says so.',
    answers: { ...CHANGED, 409: 'It is not on the air.' },
  },
  {
    method: 'post',
    path: '/now-playing',
    summary: 'What is captured from now on.',
    answers: { ...CHANGED, 503: 'The station is not on the air.' },
    body: titleSchema,
  },
  {
    method: 'post',
    path: '/cue',
    summary: 'Marks this moment in the recording.',
    answers: { ...CHANGED, 503: 'Nothing is recorded.' },
    body: titleSchema,
  },
  {
    method: 'post',
    path: '/loudness/reset',
    summary: 'Integrated loudness, its range and the highest peak start again.',
    answers: CHANGED,
  },
];

const BAD_BODY = {
  400: 'Not the JSON that is asked for.',
  413: `More than ${MAX_BODY_BYTES} bytes.`,
  415: 'Not application/json.',
};

/** The API as an OpenAPI 3.1 document. */
export function openApiDocument(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    const { method, path, summary, answers, type, body } = operation;
    const all = { ...answers, ...(path === '/healthz' ? {} : REFUSED), ...(body === undefined ? {} : BAD_BODY) };
    const responses = Object.entries(all).map(([status, description]) => {
      const content = type !== undefined && (status === '200' || status === '503') ? { content: { [type]: {} } } : {};
      return [status, { description, ...content }];
    });
    paths[path] = {
      ...paths[path],
      [method]: {
        operationId: `${method}${path.replaceAll(/[^a-z]+(.)/g, (_, letter: string) => letter.toUpperCase())}`,
        summary,
        responses: Object.fromEntries(responses) as object,
        ...(body === undefined ? {} : { requestBody: requestBody(body) }),
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'bucket-radio monitor',
      version: '1.0.0',
      description:
        'The operator API of one station. On loopback it needs no token; bound elsewhere every request does.',
    },
    security: [{}, { token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths,
  };
}

function requestBody(schema: z.ZodType): object {
  return { required: true, content: { 'application/json': { schema: z.toJSONSchema(schema, { io: 'input' }) } } };
}
