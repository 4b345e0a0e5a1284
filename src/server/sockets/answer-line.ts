/** A refusal as it travels: one line of JSON. */
export const refusalLine = (error: string): string => `${JSON.stringify({ ok: false, error })}\n`;
