import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { ResolvedS3Options } from './options.ts';

type Logger = Exclude<S3ClientConfig['logger'], undefined>;
type HandledRequest = Parameters<NodeHttpHandler['handle']>[0];

/** The SDK logs with `console` unless it is given something else; what matters of it is in the errors. */
export const silent: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/**
 * Sends requests over kept connections. While bytes are to pass, a connection that carries none is dead soon; while the
 * service copies or joins gigabytes by itself, it may say nothing for minutes: such requests have their own time.
 */
export class PatientHandler extends NodeHttpHandler {
  readonly #ofServersWork: NodeHttpHandler;

  constructor(options: ResolvedS3Options) {
    const agent = { keepAlive: true, maxSockets: options.maxConnections };
    const shared = {
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
      connectionTimeout: options.connectionTimeoutMs,
      // Otherwise a request timeout only writes a warning.
      throwOnRequestTimeout: true,
      logger: silent,
    };
    super({ ...shared, socketTimeout: options.idleTimeoutMs, requestTimeout: options.requestTimeoutMs });
    const { copyTimeoutMs } = options;
    this.#ofServersWork = new NodeHttpHandler({
      ...shared,
      socketTimeout: copyTimeoutMs,
      requestTimeout: copyTimeoutMs,
    });
  }

  override handle(...[request, options]: Parameters<NodeHttpHandler['handle']>): ReturnType<NodeHttpHandler['handle']> {
    return isServersWork(request) ? this.#ofServersWork.handle(request, options) : super.handle(request, options);
  }
}

/** A copy of an object or part, or the completion of an upload. */
function isServersWork({ method, headers, query }: HandledRequest): boolean {
  return 'x-amz-copy-source' in headers || (method === 'POST' && query['uploadId'] !== undefined);
}
