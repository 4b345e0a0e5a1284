/** Paints text for the eye; `plain` leaves it as it is. */
export interface Palette {
  readonly bad: (text: string) => string;
  readonly doubtful: (text: string) => string;
  readonly good: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

const asIs = (text: string): string => text;
export const PLAIN: Palette = { bad: asIs, doubtful: asIs, good: asIs, strong: asIs, faint: asIs };

/** Select Graphic Rendition, ECMA-48 8.3.117; each attribute is closed by its own code, so that they nest. */
const sgr =
  (open: number, close: number) =>
  (text: string): string =>
    text === '' ? '' : `\u001b[${open}m${text}\u001b[${close}m`;

export const ANSI: Palette = {
  bad: sgr(31, 39),
  doubtful: sgr(33, 39),
  good: sgr(32, 39),
  strong: sgr(1, 22),
  faint: sgr(2, 22),
};

/** Colour on a terminal that understands it, unless the environment says otherwise (no-color.org, force-color.org). */
export const paletteFor = (env: Readonly<Record<string, string | undefined>>, isTTY: boolean): Palette => {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return PLAIN;
  const force = env.FORCE_COLOR;
  if (force !== undefined && force !== '') return force === '0' || force === 'false' ? PLAIN : ANSI;
  return isTTY && env.TERM !== 'dumb' ? ANSI : PLAIN;
};
