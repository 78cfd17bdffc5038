/** Quietest level that is drawn, in dB below full scale. */
const FLOOR_DB = -60;

/** How fast a bar falls, in dB per second. */
const FALL_DB = 40;

const SAMPLES = 1024;

/**
 * Draws the peak level of both channels on a canvas while it can be seen: not while the page is hidden, nor where motion is
 * to be reduced. The samples on their way to the ear are not touched: it listens beside them.
 */
export class LevelMeter {
  readonly #canvas: HTMLCanvasElement;
  readonly #analysers: readonly [AnalyserNode, AnalyserNode];
  readonly #splitter: ChannelSplitterNode;
  readonly #source: AudioNode;
  readonly #samples: Float32Array<ArrayBuffer> = new Float32Array(SAMPLES);
  readonly #levels: [number, number] = [FLOOR_DB, FLOOR_DB];
  #frame = 0;
  #drawnAt = 0;

  constructor(canvas: HTMLCanvasElement, source: AudioNode) {
    this.#canvas = canvas;
    this.#source = source;
    const { context } = source;
    this.#splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
    const analyser = (): AnalyserNode => new AnalyserNode(context, { fftSize: SAMPLES });
    this.#analysers = [analyser(), analyser()];
    source.connect(this.#splitter);
    this.#analysers.forEach((node, i) => {
      this.#splitter.connect(node, i);
    });
    this.#next();
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.#source.disconnect(this.#splitter);
    this.#canvas.getContext('2d')?.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  #next(): void {
    // A hidden page gets no animation frames: the meter costs nothing there.
    this.#frame = requestAnimationFrame((now) => {
      const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
      if (!still) this.#draw((now - this.#drawnAt) / 1000);
      this.#drawnAt = now;
      this.#next();
    });
  }

  #draw(seconds: number): void {
    const context = this.#canvas.getContext('2d');
    if (context === null) return;
    const { width, height } = this.#canvas;
    context.clearRect(0, 0, width, height);
    context.fillStyle = getComputedStyle(this.#canvas).color;
    this.#analysers.forEach((analyser, i) => {
      const fallen = (this.#levels[i] ?? FLOOR_DB) - FALL_DB * Math.min(1, seconds);
      const level = Math.max(fallen, this.#peakDb(analyser));
      this.#levels[i] = level;
      const length = Math.max(0, 1 - level / FLOOR_DB) * width;
      context.fillRect(0, (i * (height + 1)) / 2, length, height / 2 - 1);
    });
  }

  #peakDb(analyser: AnalyserNode): number {
    analyser.getFloatTimeDomainData(this.#samples);
    let peak = 0;
    for (const sample of this.#samples) peak = Math.max(peak, Math.abs(sample));
    return peak === 0 ? FLOOR_DB : Math.max(FLOOR_DB, 20 * Math.log10(peak));
  }
}
