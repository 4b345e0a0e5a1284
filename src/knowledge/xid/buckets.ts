import data from './buckets.json' with { type: 'json' };

const buckets: ReadonlyMap<string, string> = new Map(Object.entries(data.buckets));

/** What one of NVIDIA's resolution buckets asks for, in our words. */
export const explainBucket = (bucket: string): string | undefined => buckets.get(bucket);

export const bucketSource = data.source;
