import { createBestEngine } from '/radio-player.js';

/** Starts an engine and leaves it alone. */
window.listenTo = ({ kind, ...options }) => {
  const engine = createBestEngine(options, kind);
  window.radio = { engine, events: [] };
  engine.play();
};

/** Starts an engine and records what leaves its output node; `window.radio` is what the tests talk to. */
window.startRadio = async ({ kind, ...options }, from) => {
  const engine = createBestEngine(options, kind);
  const radio = { engine, events: [], blocks: [], positions: [], titles: [] };
  window.radio = radio;
  engine.on('state', (state) => radio.events.push(`state ${state}`));
  engine.on('segment', (s) => radio.events.push(`segment ${s.index} ${s.rendition} ${s.verified ?? '-'}`));
  engine.on('error', (error) => radio.events.push(`error ${error.code}: ${error.message}`));
  engine.on('recovered', () => radio.events.push('recovered'));
  engine.on('stats', ({ stream, frame, contextFrame }) => {
    if (frame !== undefined) radio.positions.push({ stream, frame, contextFrame });
  });
  engine.on('nowplaying', (title) => radio.titles.push({ ...title, earFrame: earFrame(engine) }));
  // An element exists from `play` on, and is tapped in the same turn: nothing of its start is missed.
  const mayRecord = kind === 'worklet' ? undefined : await recordingContext();
  engine.play(from);
  if (engine.mediaElement === undefined) record(radio, ...(await tapNode(engine)));
  else record(radio, mayRecord, tapElement(mayRecord, engine.mediaElement));
};

/** A context of the station's rate that can record. */
async function recordingContext() {
  const context = new AudioContext({ sampleRate: 48_000 });
  await context.audioWorklet?.addModule('/recorder.js');
  return context;
}

/** What a media element plays, through that context. */
function tapElement(context, element) {
  const node = context.createMediaElementSource(element);
  node.connect(context.destination);
  return node;
}

function record(radio, context, node) {
  if (context.audioWorklet === undefined) return;
  const recorder = new AudioWorkletNode(context, 'recorder', {
    numberOfOutputs: 0,
    channelCount: 2,
    channelCountMode: 'explicit',
  });
  recorder.port.onmessage = ({ data }) => radio.blocks.push(data);
  node.connect(recorder);
}

/** The station frame that is at the ear now, by the audio context's own clock; Firefox may freeze when it is asked. */
function earFrame({ stats, outputNode }) {
  if (outputNode === undefined || navigator.userAgent.includes('Firefox')) return undefined;
  const { currentTime, outputLatency, baseLatency } = outputNode.context;
  return stats.frame + (currentTime - outputLatency - baseLatency) * 48_000 - stats.contextFrame;
}

/** The output node exists when the worklet has been loaded. */
async function tapNode(engine) {
  while (engine.outputNode === undefined) await new Promise((resolve) => requestAnimationFrame(resolve));
  const { context } = engine.outputNode;
  await context.audioWorklet.addModule('/recorder.js');
  return [context, engine.outputNode];
}

/** Another engine goes on where this one stops; resolves with that place. */
window.handOver = async (options) => {
  const place = window.radio.engine.halt();
  await window.startRadio(options, place);
  return place;
};

/** Sends the recording to the test: Int32 triples (context frame, left, right), samples scaled by 2²³. */
window.sendRecording = async (name) => {
  const { blocks } = window.radio;
  const out = new Float64Array(blocks.length * 128 * 3);
  let i = 0;
  for (const { at, left, right } of blocks) {
    for (let n = 0; n < left.length; n++) {
      out[i++] = at + n;
      out[i++] = left[n] * 0x80_00_00;
      out[i++] = right[n] * 0x80_00_00;
    }
  }
  // In pieces: whoever drives the browser reads every request, and has a limit.
  for (let piece = 0; piece * PIECE_LENGTH < out.length; piece++) {
    const body = out.subarray(piece * PIECE_LENGTH, (piece + 1) * PIECE_LENGTH);
    await fetch(`/recording/${name}?${piece}`, { method: 'POST', body });
  }
};

/** Numbers in a piece of a recording: some 10 s. */
const PIECE_LENGTH = 3 * 480_000;

/** How long this page got no time from the machine, at worst. */
let longestStall = 0;
let looked = performance.now();
setInterval(() => {
  const now = performance.now();
  longestStall = Math.max(longestStall, now - looked - 50);
  looked = now;
}, 50);
window.longestStallMs = () => longestStall;
