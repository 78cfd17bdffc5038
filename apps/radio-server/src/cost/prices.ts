/** List prices of an object store, in US dollars. The one place where prices stand. */
export interface StorePrices {
  readonly name: string;
  /** Where they were read, and when (ISO month). */
  readonly source: string;
  readonly date: string;
  /** Per million writes and listings. */
  readonly classAPerMillion: number;
  /** Per million reads. */
  readonly classBPerMillion: number;
  readonly storagePerGbMonth: number;
  readonly egressPerGb: number;
  /** Free every month. */
  readonly free: { readonly classA: number; readonly classB: number; readonly gbMonths: number };
}

export const R2_PRICES: StorePrices = {
  name: 'Cloudflare R2 (standard)',
  source: 'https://developers.cloudflare.com/r2/pricing/',
  date: '2026-11',
  classAPerMillion: 4.5,
  classBPerMillion: 0.36,
  storagePerGbMonth: 0.015,
  egressPerGb: 0,
  free: { classA: 1_000_000, classB: 10_000_000, gbMonths: 10 },
};
