import { expect, test } from 'vitest';
import { answerOEmbed } from './oembed.ts';

const ask = (query: Record<string, string>) =>
  answerOEmbed({ siteOrigin: 'https://radio.example', station: 'Radio "X"', query });

test('a link to the page becomes the player in a frame', () => {
  const { status, body } = ask({ url: 'https://radio.example/' });
  expect(status).toBe(200);
  expect(body).toMatchObject({ version: '1.0', type: 'rich', title: 'Radio "X"', width: 480, height: 200 });
  expect(body['html']).toMatch(/^<iframe src="https:\/\/radio\.example\/embed" width="480" height="200" /);
});

test('the frame is no larger than asked for', () => {
  expect(ask({ url: 'https://radio.example/', maxwidth: '300', maxheight: '9999' }).body).toMatchObject({
    width: 300,
    height: 200,
  });
  for (const maxwidth of ['0', '-5', 'x', '1.5']) {
    expect(ask({ url: 'https://radio.example/', maxwidth }).body['width']).toBe(480);
  }
});

test.each(['', 'nonsense', 'https://elsewhere.example/', 'https://radio.example/api/manifest'])(
  'url=%s is not one of its pages',
  (url) => {
    expect(ask({ url }).status).toBe(404);
  },
);

test('XML is not spoken', () => {
  expect(ask({ url: 'https://radio.example/', format: 'xml' }).status).toBe(501);
});
