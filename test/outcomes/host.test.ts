import { describeOutcomes } from '../support/outcomes-of.ts';

await describeOutcomes('host');
