import { withoutControls } from '../report/printable.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup that has been escaped already. */
export interface Html {
  readonly markup: string;
}

type Part = string | number | Html | undefined | readonly (Html | undefined)[];

const isList = (part: Part): part is readonly (Html | undefined)[] => Array.isArray(part);

const render = (part: Part): string => {
  if (part === undefined) return '';
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string')
    return withoutControls(part).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
  return isList(part) ? part.map(render).join('') : part.markup;
};

/** Builds markup; every text that is put into it is escaped. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  markup: strings.reduce((built, string, at) => built + render(parts[at - 1]) + string),
});
