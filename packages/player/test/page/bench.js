import Hls from '/hls.js';
import { createBestEngine } from '/radio-player.js';

const context = { engine: undefined, hls: undefined, audio: undefined, bare: undefined };

/** Milliseconds from the press to the first report of sound. */
window.pressOurs = async (src, kind) => {
  context.engine ??= createBestEngine({ src, quality: 'hq' }, kind);
  const { engine } = context;
  const from = performance.now();
  engine.play();
  while (engine.state !== 'playing') await new Promise((resolve) => setTimeout(resolve, 1));
  return performance.now() - from;
};

window.stopOurs = () => context.engine.stop();

window.pressHls = async (src) => {
  const audio = new Audio();
  const hls = new Hls({ liveSyncDurationCount: 1, startLevel: 0 });
  Object.assign(context, { hls, audio });
  const from = performance.now();
  hls.loadSource(src);
  hls.attachMedia(audio);
  await audio.play();
  while (audio.currentTime === 0 || audio.readyState < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  return performance.now() - from;
};

window.stopHls = () => {
  context.hls.destroy();
  context.audio.pause();
};

/** The least that MediaSource can do: append each segment as it appears. */
window.startBare = async (base, manifestUrl) => {
  const manifest = async () => (await fetch(manifestUrl, { cache: 'no-cache' })).json();
  const { renditions, latest } = await manifest();
  const [hq] = renditions;
  const source = new MediaSource();
  const audio = new Audio(URL.createObjectURL(source));
  context.bare = audio;
  await new Promise((resolve) => source.addEventListener('sourceopen', resolve, { once: true }));
  const buffer = source.addSourceBuffer('audio/mp4; codecs="flac"');
  const append = async (path) => {
    const bytes = await (await fetch(new URL(path, base))).arrayBuffer();
    buffer.appendBuffer(bytes);
    await new Promise((resolve) => buffer.addEventListener('updateend', resolve, { once: true }));
  };
  const path = (index) => hq.segment.replace('{index}', String(index).padStart(8, '0'));
  await append(hq.init);
  let next = latest - 1;
  const follow = async () => {
    const { latest: newest } = await manifest();
    while (next <= newest) await append(path(next++));
    if (audio.currentTime === 0) audio.currentTime = buffer.buffered.start(0);
    setTimeout(() => void follow(), 1000);
  };
  await follow();
  await audio.play();
};
