const BYTE_ORDER_MARK = '\ufeff';

/** The fields of one line of a simple CSV, trimmed and without the quotes that spreadsheets put around them. */
export const csvFields = (line: string): readonly string[] =>
  line
    .replace(BYTE_ORDER_MARK, '')
    .split(',')
    .map((field) => {
      const text = field.trim();
      return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).trim() : text;
    });
