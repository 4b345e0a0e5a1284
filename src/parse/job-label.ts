// As long as the job socket takes (docs/sockets.md); no scheduler's id is longer, and whoever starts a process writes its
// environment: nothing else of it may become the value of a label.
const LABEL = /^[\x21-\x7e]{1,64}$/;

/** An id or a role that is safe as the value of a label, or nothing: visible ASCII, 64 characters at most. */
export const jobLabel = (text: string | undefined): string | undefined =>
  text !== undefined && LABEL.test(text) ? text : undefined;
