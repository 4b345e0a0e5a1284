import { describe } from 'vitest';
import { testTruth } from '../support/truth-machines.ts';

describe('the truth property, in the verdict that a user sees', () =>
  testTruth('hgx-h100-8', 'hw-h100-580.105.08.xml', 40));
