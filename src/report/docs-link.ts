/** Where a check is explained, from the root of the repository; GitHub's anchors drop the slash of an id. */
export const docsLink = (checkId: string): string =>
  `docs/checks.md#${checkId.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '')}`;
