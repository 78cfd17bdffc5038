/** An AudioWorklet that hands on what leaves the player, 128 frames at a time, with the context's frame counter. */
class TestRecorder extends AudioWorkletProcessor {
  process([input]) {
    if (input.length === 2) this.port.postMessage([currentFrame, input[0].slice(), input[1].slice()]);
    return true;
  }
}
registerProcessor('test-recorder', TestRecorder);
