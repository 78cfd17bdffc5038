import { describe, expect, it } from 'vitest';
import { answerError } from './answer-error.ts';
import { encodeKey } from './convert.ts';
import { readFailure } from './failure.ts';

const AGREE = { offsetBefore: 0, offsetNow: 0 };
const xml = (code: string, message: string): string =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message><RequestId>r-1</RequestId></Error>`;

describe('the error of an answer', () => {
  it('has the code, the message with its entities, the status and the request', () => {
    const text = xml('InvalidArgument', 'no &quot;x&quot; &amp;amp; &lt;y&gt;');
    const failure = readFailure(answerError({ statusCode: 400, headers: {}, text }, AGREE), 0);
    expect(failure).toMatchObject({ name: 'InvalidArgument', status: 400, requestId: 'r-1', clockCorrected: false });
    expect(failure.message).toBe('no "x" &amp; <y>');
  });

  it.each([
    [404, '', 'NotFound'],
    [502, '<html>Bad Gateway</html>', 'Unknown'],
    [403, '<Error><Code></Code></Error>', 'Unknown'],
  ])('of status %s with %j is called %s', (statusCode, text, name) => {
    expect(answerError({ statusCode, headers: {}, text }, AGREE)).toMatchObject({ name, message: 'UnknownError' });
  });

  it.each([
    ['is worth another try once the clock was corrected by minutes', 0, 600_000, true],
    ['is not when it was off by seconds', 0, 3_000, false],
    ['is not when the try was signed with the same offset', 600_000, 600_000, false],
  ])('%s', (_, offsetBefore, offsetNow, clockCorrected) => {
    const answer = { statusCode: 403, headers: {}, text: xml('RequestTimeTooSkewed', 'late') };
    expect(readFailure(answerError(answer, { offsetBefore, offsetNow }), 0)).toMatchObject({ clockCorrected });
  });
});

describe('a key in a path', () => {
  it('keeps its slashes, and escapes all that a signature escapes', () => {
    expect(encodeKey("a b/c+d/é'(!)*~-._/x%2Fy")).toBe('a%20b/c%2Bd/%C3%A9%27%28%21%29%2A~-._/x%252Fy');
  });
});
