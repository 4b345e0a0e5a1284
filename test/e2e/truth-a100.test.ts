import { describe } from 'vitest';
import { testTruth } from '../support/truth-machines.ts';

describe('the truth property, in the verdict that a user sees', () =>
  testTruth('hgx-a100-8', 'hw-a100-570.148.08.xml', 35));
