// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;

/**
 * Text from the machine on one line, without what a terminal would obey: kernel messages and device names can hold
 * escape sequences, and anybody who may write to /dev/kmsg can put them there.
 */
export const withoutControls = (text: string): string => text.replaceAll(UNPRINTABLE, ' ');

/** The same for text that stands alone. */
export const printable = (text: string): string => withoutControls(text).trim();
