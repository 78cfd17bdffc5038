import { expect, test } from 'vitest';
import { type AskTool, createNtpWatch, type NtpState, readNtpState } from './ntp.ts';

const answers =
  (texts: Readonly<Record<string, string>>): AskTool =>
  async (command) =>
    texts[command];

test.each([
  [{ timedatectl: 'yes\n' }, { synchronized: true, source: 'timedatectl' }],
  [{ timedatectl: 'no\n' }, { synchronized: false, source: 'timedatectl' }],
  [
    { chronyc: 'A1B2,ntp.example,2,1.5,0.1,0.0,0.0,-3.1,0,0.2,0.01,0.02,64.1,Normal\n' },
    { synchronized: true, source: 'chronyc' },
  ],
  [{ chronyc: '7F7F,,0,0.0,0,0,0,0,0,0,1,1,0,Not synchronised\n' }, { synchronized: false, source: 'chronyc' }],
  [{}, { synchronized: null, source: null }],
])('%j is read', async (texts, expected) => {
  expect(await readNtpState(answers(texts))).toEqual(expected);
});

test('it is asked once a minute, when somebody looks', async () => {
  let nowMs = 0;
  let asked = 0;
  const answer: NtpState = { synchronized: true, source: 'test' };
  const read = async (): Promise<NtpState> => {
    asked += 1;
    return answer;
  };
  const watch = createNtpWatch(read, () => nowMs);
  expect(watch()).toEqual({ synchronized: null, source: null });
  await Promise.resolve();
  nowMs = 59_999;
  expect(watch()).toEqual(answer);
  expect(asked).toBe(1);
  nowMs = 60_000;
  watch();
  expect(asked).toBe(2);
});
