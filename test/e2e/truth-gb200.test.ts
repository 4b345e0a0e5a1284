import { describe } from 'vitest';
import { testTruth } from '../support/truth-machines.ts';

describe('the truth property, in the verdict that a user sees', () =>
  testTruth('gb200-nvl72', 'hw-gb200-580.173.02.xml', 40));
