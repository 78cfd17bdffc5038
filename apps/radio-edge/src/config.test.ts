import { expect, test } from 'vitest';
import { EdgeConfigError, loadEdgeConfig } from './config.ts';

const SECRET = 's'.repeat(32);

test('defaults stand for what is not set', () => {
  expect(loadEdgeConfig({ TOKEN_SECRET: SECRET, ALLOWED_ORIGINS: 'https://a.example, http://localhost:3000' })).toEqual(
    {
      secrets: [SECRET],
      origins: ['https://a.example', 'http://localhost:3000'],
      prefix: 'live',
      tokenSeconds: 300,
      tokensPerMinute: 30,
    },
  );
});

test('several secrets are read newest first', () => {
  const env = { TOKEN_SECRET: `${SECRET},${'t'.repeat(40)}`, ALLOWED_ORIGINS: '*' };
  expect(loadEdgeConfig(env).secrets).toEqual([SECRET, 't'.repeat(40)]);
});

test('every problem is one line, and a secret is never shown', () => {
  const env = { TOKEN_SECRET: 'too short', ALLOWED_ORIGINS: 'radio.example', RADIO_PREFIX: '../x', TOKEN_SECONDS: '0' };
  expect(() => loadEdgeConfig(env)).toThrow(EdgeConfigError);
  try {
    loadEdgeConfig(env);
  } catch (error) {
    const { message } = error as Error;
    expect(message.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'TOKEN_SECRET',
      'ALLOWED_ORIGINS',
      'RADIO_PREFIX',
      'TOKEN_SECONDS',
    ]);
    expect(message).not.toContain('too short');
  }
});
