const BYTE_ORDER_MARK = '\ufeff';
const QUOTE = '"';

/** One field and the comma after it. */
const FIELD = /\s*(?:"((?:[^"]|"")*)"\s*|([^,]*))(?:,|$)/y;

/** A quote that is not closed, or has text beside it, encloses nothing: it is a character like others. */
const split = (text: string): readonly string[] => {
  const fields: string[] = [];
  FIELD.lastIndex = 0;
  for (;;) {
    const from = FIELD.lastIndex;
    const [whole, quoted, plain] = FIELD.exec(text) ?? [];
    if (whole === undefined) return text.split(',').map((field) => field.trim());
    fields.push((quoted?.replaceAll('""', QUOTE) ?? plain ?? '').trim());
    if (from + whole.length >= text.length && !whole.endsWith(',')) return fields;
    if (from + whole.length >= text.length) return [...fields, ''];
  }
};

/** The fields of one line of a CSV, trimmed; in quotes as spreadsheets write them a comma is text (RFC 4180, 2.6). */
export const csvFields = (line: string): readonly string[] => {
  const text = line.replace(BYTE_ORDER_MARK, '');
  return text.includes(QUOTE) ? split(text.trimEnd()) : text.split(',').map((field) => field.trim());
};
