import { en } from './locales/en.ts';
import type { Messages } from './messages.ts';

/** Languages besides English; each is a file of its own, loaded when it is needed. */
const LOADERS: Readonly<Record<string, () => Promise<Messages>>> = {
  ar: async () => (await import('./locales/ar.ts')).ar,
  de: async () => (await import('./locales/de.ts')).de,
  es: async () => (await import('./locales/es.ts')).es,
  fr: async () => (await import('./locales/fr.ts')).fr,
};

/** What is written from right to left. */
const RIGHT_TO_LEFT: readonly string[] = ['ar'];

export interface Language {
  readonly code: string;
  readonly direction: 'ltr' | 'rtl';
  readonly messages: Messages;
}

export const ENGLISH: Language = { code: 'en', direction: 'ltr', messages: en };

/** The first of `tags` (`de-CH`, …) that there are messages for; English when there is none, or when it does not load. */
export async function loadLanguage(tags: readonly string[]): Promise<Language> {
  for (const tag of tags) {
    const code = tag.toLowerCase().split('-')[0] ?? '';
    const load = LOADERS[code];
    if (code === 'en') return ENGLISH;
    if (load === undefined) continue;
    const messages = await load().catch(() => undefined);
    const direction = RIGHT_TO_LEFT.includes(code) ? 'rtl' : 'ltr';
    return messages === undefined ? ENGLISH : { code, direction, messages };
  }
  return ENGLISH;
}

/** What an element without a language of its own should speak: the nearest `lang` around it, else the browser's wish. */
export function wantedLanguages(element: Element, lang: string): readonly string[] {
  const around = lang || element.closest('[lang]')?.getAttribute('lang') || '';
  return around === '' ? navigator.languages : [around];
}
