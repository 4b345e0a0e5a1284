import { pluginReport } from '../site.ts';
import { columns, type Section } from './section.ts';
import type { Seen } from './seen.ts';

/** The checks of the site: which are in use, and which were refused, and why. */
export const pluginsSection = async ({ config }: Seen): Promise<Section> => {
  const { loaded, refused } = await pluginReport(config);
  return {
    name: 'plugins',
    problems: refused.map(({ origin, reason }) => ({
      about: origin,
      message: `is refused: ${reason}`,
      cure: 'correct or remove it (docs/plugins.md), then systemctl reload muster',
    })),
    lines: loaded.length === 0 ? ['none'] : columns(loaded.map(({ id, origin }) => [id, origin])),
    json: { loaded, refused },
  };
};
