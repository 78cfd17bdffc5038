/** From this difference of the clocks on, the next try is signed with another time, as the SDK has it. */
const SKEWED_MS = 240_000;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * The error that the SDK's client throws for such an answer: what `readFailure` reads of it has the same names.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function answerError(
  answer: { readonly statusCode: number; readonly headers: Readonly<Record<string, string>>; readonly text: string },
  clock: { readonly offsetBefore: number; readonly offsetNow: number },
): Error {
  const { statusCode, headers, text } = answer;
  const name = element(text, 'Code') ?? (statusCode === 404 ? 'NotFound' : 'Unknown');
  const error = new Error(element(text, 'Message') ?? 'UnknownError');
  error.name = name;
  const requestId = element(text, 'RequestId') ?? headers['x-amz-request-id'];
  const clockSkewCorrected = Math.abs(clock.offsetNow) >= SKEWED_MS && clock.offsetNow !== clock.offsetBefore;
  return Object.assign(error, {
    $metadata: {
      httpStatusCode: statusCode,
      ...(requestId === undefined ? {} : { requestId }),
      ...(clockSkewCorrected ? { clockSkewCorrected } : {}),
    },
    // Not the response itself: it holds the request, and that one the signature.
    $response: { headers },
  });
}

function element(xml: string, name: string): string | undefined {
  const [, text] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml) ?? [];
  if (text === undefined || text === '') return undefined;
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (whole, entity: string) => ENTITIES[entity] ?? whole);
}
