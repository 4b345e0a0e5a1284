import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PLAIN_JOB_COLUMNS, readJobHeader, readJobLine } from '../../src/parse/job-list.ts';
import { readStepHeader, readStepLine, type StepColumns } from '../../src/parse/step-times.ts';

const columnsOf = (header: string): StepColumns => {
  const columns = readStepHeader(header);
  if (!columns.ok) throw new Error(columns.detail);
  return columns.value;
};

const ALL = columnsOf('step,rank,seconds,node,gpu,role');

describe('a line of step times', () => {
  test('says who took how long', () => {
    expect(readStepLine(ALL, '12, 3, 1.25, node-7, 2, last-stage')).toEqual({
      ok: true,
      value: { step: 12, rank: 3, seconds: 1.25, node: 'node-7', gpu: 2, role: 'last-stage' },
    });
    expect(readStepLine(ALL, '12,3,1.25,,,')).toEqual({ ok: true, value: { step: 12, rank: 3, seconds: 1.25 } });
  });

  test('is read by the names of its columns, as spreadsheets write them', () => {
    const columns = columnsOf('\ufeff"Seconds","comment","rank","step"\r');
    expect(readStepLine(columns, '"0.5","slow, I ""think""","1","2"\r')).toMatchObject({ value: { step: 2, rank: 1 } });
    expect(readStepLine(columns, '"0.5","slow, I think,"1","2"\r')).toMatchObject({ ok: false });
    expect(readStepLine(columns, '"0.5","slow","1","2"\r')).toEqual({
      ok: true,
      value: { step: 2, rank: 1, seconds: 0.5 },
    });
  });

  test.each([
    ['1,2', 'fields'],
    ['1,2,3,node-1,0,a,b', 'fields'],
    ['1.5,2,1,,,', 'step'],
    ['-1,2,1,,,', 'step'],
    ['1,two,1,,,', 'rank'],
    ['1,2,,,,', 'seconds'],
    ['1,2,0,,,', 'seconds'],
    ['1,2,-1,,,', 'seconds'],
    ['1,2,nan,,,', 'seconds'],
    ['1,2,1e3,,,', 'seconds'],
    ['1,2,1,node-1,x,', 'gpu'],
  ])('"%s" is none', (line, why) => {
    const read = readStepLine(ALL, line);
    expect(read).toMatchObject({ ok: false, reason: 'failed' });
    expect(read).toHaveProperty('detail', expect.stringContaining(why));
  });

  test('of any text is none, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readStepLine(ALL, `x${text}`).ok).toBe(false);
        expect(readStepHeader(`x${text}`).ok).toBe(false);
      }),
    );
  });

  test('needs a header', () => {
    expect(readStepHeader('1,2,3')).toMatchObject({ ok: false, detail: expect.stringContaining('step,rank,seconds') });
  });
});

describe('a line of a list of jobs', () => {
  test('is read by the names of its columns, or in the order of the documentation', () => {
    const header = readJobHeader('job_id,comment,node');
    expect(header).toEqual({ jobId: 0, node: 2 });
    expect(readJobLine(header ?? PLAIN_JOB_COLUMNS, '8841,x,node-7')).toEqual({
      ok: true,
      value: { node: 'node-7', jobId: '8841' },
    });
    expect(readJobHeader('node-7,8841')).toBeUndefined();
    expect(readJobLine(PLAIN_JOB_COLUMNS, 'node-7,8841')).toMatchObject({ ok: true, value: { jobId: '8841' } });
  });

  test.each(['"node-7", "8841,2"\r', 'node-7, "8841,2"', 'node-7,"8841,2",'])('has ids in quotes: %j', (line) => {
    expect(readJobLine(PLAIN_JOB_COLUMNS, line)).toEqual({
      ok: true,
      value: { node: 'node-7', jobId: '8841,2' },
    });
  });

  test.each(['', 'node-7', 'node-7,', ',8841', '"node-7,8841"'])('"%s" is none', (line) => {
    expect(readJobLine(PLAIN_JOB_COLUMNS, line)).toMatchObject({ ok: false });
  });
});
