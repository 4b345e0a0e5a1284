import { checks } from '../../checks/index.ts';
import type { Component, Rule } from '../../src/api.ts';
import type { CheckResult, Snapshot } from '../../src/engine/snapshot.ts';
import type { Moment } from '../../src/host/playback.ts';
import { readNvidiaSmi } from '../../src/parse/nvidia-smi/read.ts';
import type { ComponentReport, VerdictReport } from '../../src/report/verdict-report.ts';
import { judgeMoments, verdictOfSnapshot } from './judge-machine.ts';
import { leafElements, withElements, type XmlElement } from './xml-elements.ts';

/** What nvidia-smi prints where a value should be; undefined: the element is not there. */
export const ABSENCES: readonly (string | undefined)[] = [
  'N/A',
  'GPU is lost',
  'Unknown Error',
  'Requested functionality has been deprecated',
  'Insufficient Permissions',
  undefined,
];

export const XML = 'commands/nvidia-smi_-q_-x.out';

const FLIPS = [
  ['Yes', 'No'],
  ['Enabled', 'Disabled'],
  ['Active', 'Not Active'],
  ['True', 'False'],
].flatMap(([a = '', b = '']) => [
  [a, b],
  [b, a],
]);
const BAD_WORDS = ['nonsense', 'Unhealthy', 'Degraded', 'In Progress', 'True', 'GPU Reset Required', '99.99'];
const PROCESS =
  '<process_info><pid>4242</pid><type>C</type><process_name>python</process_name><used_memory>70000 MiB</used_memory></process_info>';

/** What else must be so for a value to be bad: a GPU at its limit is hot by two elements that must agree. */
const BAD_TOGETHER: Readonly<Record<string, readonly [own: string, other: string, text: string]>> = {
  'temperature/gpu_temp_tlimit': ['-1 C', 'temperature/gpu_temp', '88 C'],
  'temperature/gpu_temp': ['88 C', 'temperature/gpu_temp_tlimit', '-1 C'],
};

/** Values that may be bad, of the kind that is printed. */
const badValues = ({ path, text }: XmlElement): readonly string[] => {
  if (path === 'processes' && text === '') return [PROCESS];
  const flip = FLIPS.find(([from]) => from === text)?.[1];
  if (flip !== undefined) return [flip];
  const [, digits, unit = ''] = /^(-?\d+(?:\.\d+)?)( .+|x)?$/.exec(text) ?? [];
  if (digits === undefined) return text === 'N/A' ? [] : BAD_WORDS;
  const value = Number(digits);
  const numbers = [0, Math.floor(value / 2), value * 2 + 1e6, -1000].filter((one) => one !== value);
  const together = BAD_TOGETHER[path]?.[0];
  return [...numbers.map((one) => `${one}${unit}`), ...(together === undefined ? [] : [together])];
};

/** A capture that is judged twice, five seconds apart. */
export interface Capture {
  readonly xml: string;
  readonly moments: readonly Moment[];
}

export const captureOf = (moments: readonly Moment[]): Capture => ({ xml: moments[0]?.tree.get(XML) ?? '', moments });

/** A document alone: nothing else of the machine was recorded. */
export const bareCapture = (xml: string, at: number): Capture =>
  captureOf([0, 5000].map((after) => ({ tree: new Map([[XML, xml]]), at: at + after })));

/** Elements beside the GPUs. */
const ROOT = -1;

type Change = (xml: string) => string;
const unchanged: Change = (xml) => xml;

const judgeChanged = ({ moments }: Capture, ...each: readonly Change[]): Promise<Snapshot> =>
  judgeMoments(
    moments.map(({ tree, at }, i) => ({
      tree: new Map([...tree, [XML, (each[i] ?? unchanged)(tree.get(XML) ?? '')]]),
      at,
    })),
  );

/** The same element in each of the documents that the machine printed. */
const replacing =
  (path: string, gpus: readonly number[], text: string | undefined): Change =>
  (xml) =>
    withElements(
      xml,
      leafElements(xml).filter((one) => one.path === path && gpus.includes(one.gpu ?? ROOT)),
      text,
    );

const replacingBadly =
  (path: string, gpus: readonly number[], bad: string): Change =>
  (xml) => {
    const changed = replacing(path, gpus, bad)(xml);
    const [own, other, text] = BAD_TOGETHER[path] ?? [];
    return own === bad && other !== undefined ? replacing(other, gpus, text)(changed) : changed;
  };

const cutAt =
  (path: string, gpu: number): Change =>
  (xml) =>
    xml.slice(0, leafElements(xml).find((one) => one.path === path && (one.gpu ?? ROOT) === gpu)?.start ?? 0);

/** A judgement that an element can turn: under which check and code, and about whom. */
interface Dependence {
  readonly check: string;
  readonly code: string;
  /** Position of the GPU, or the node. */
  readonly about: number | 'node';
}

const keyOf = ({ check, code, about }: Dependence): string => `${check} ${code} ${about}`;

const aboutOf = ({ kind, index }: Component): number | 'node' | undefined =>
  kind === 'node' ? 'node' : kind === 'gpu' ? index : undefined;

/** What is judged by its growth between the samples. */
const isCounter = ({ text }: XmlElement): boolean => /^\d+( us)?$/.test(text);

/** Everything that is not a pass, by check, code and component. */
const troubles = (snapshot: Snapshot): ReadonlyMap<string, Dependence> => {
  const found = new Map<string, Dependence>();
  const add = (check: string, code: string, component: Component): void => {
    const about = aboutOf(component);
    if (about !== undefined) found.set(keyOf({ check, code, about }), { check, code, about });
  };
  for (const { id, findings } of snapshot.checks) {
    for (const { code, component } of findings) add(id, code, component);
  }
  return found;
};

const ruleOf = ({ check, code }: Dependence): Rule | undefined =>
  (checks.find(({ id }) => id === check)?.rules as Readonly<Record<string, Rule>> | undefined)?.[code];

const sameGpu = (component: Component | ComponentReport, { about }: Dependence): boolean =>
  component.kind === 'node' || (component.kind === 'gpu' && (about === 'node' || component.index === about));

/** Why the verdict is silent about something that it could not know; undefined where it is not. */
const silence = (snapshot: Snapshot, verdict: VerdictReport, dependence: Dependence): string | undefined => {
  const result: CheckResult | undefined = snapshot.checks.find(({ id }) => id === dependence.check);
  const shown = verdict.checks.find(({ id }) => id === dependence.check);
  if (result === undefined || shown === undefined) return 'the check is gone';
  if (shown.findings.some(({ component }) => sameGpu(component, dependence))) return undefined;
  const open = result.unjudged.some(
    ({ component, code }) => sameGpu(component, dependence) && (code === undefined || code === dependence.code),
  );
  const told = shown.unjudged.some(({ component }) => sameGpu(component, dependence));
  if (ruleOf(dependence)?.availability !== undefined) return open && told ? undefined : 'nothing is said of it';
  if (shown.severity === 'PASS' || shown.severity === 'INFO') return `the check is ${shown.severity}`;
  return open && told ? undefined : `the check is ${shown.severity}, but says nothing of this component`;
};

export interface CaptureTruth {
  readonly dependences: readonly string[];
  readonly violations: readonly string[];
  readonly elements: number;
}

/** Elements that the parser reads at all: only those can matter to a check. */
const isRead = (xml: string, element: XmlElement): boolean => {
  const read = (text: string): string => JSON.stringify(readNvidiaSmi({ exitCode: 0, stdout: text, stderr: '' }));
  const bad = badValues(element)[0] ?? 'nonsense';
  return read(withElements(xml, [element], bad)) !== read(xml);
};

/** What becomes of a bad value of each element, at first and then of its absence. */
export const truthOfCapture = async (capture: Capture): Promise<CaptureTruth> => {
  const { xml } = capture;
  const all = [...new Set(leafElements(xml).flatMap(({ gpu }) => gpu ?? []))];
  // The one that is changed alone is, where there are enough, neither the first nor the last.
  const one = Math.min(1, all.length - 1);
  const elements = leafElements(xml).filter(({ gpu }) => gpu === one || gpu === undefined);
  const before = troubles(await judgeChanged(capture));
  const dependences = new Map<string, readonly Dependence[]>();
  const violations: string[] = [];

  for (const element of elements.filter((element) => isRead(xml, element))) {
    for (const gpus of element.gpu === undefined ? [[ROOT]] : all.length === 1 ? [all] : [[one], all]) {
      const depending = new Map<string, Dependence>();
      for (const bad of badValues(element)) {
        const change = replacingBadly(element.path, gpus, bad);
        const samples = isCounter(element)
          ? [
              [change, change],
              [unchanged, change],
            ]
          : [[change, change]];
        for (const changes of samples) {
          const after = troubles(await judgeChanged(capture, ...changes));
          for (const [key, dependence] of after) {
            const own = dependence.about === 'node' || gpus.includes(ROOT) || gpus.includes(dependence.about);
            if (own && !before.has(key)) depending.set(key, dependence);
          }
        }
      }
      if (depending.size === 0) continue;
      const where = gpus.includes(ROOT) ? 'the document' : gpus.length === 1 ? 'one GPU' : 'all GPUs';
      dependences.set(`${element.path} of ${where}`, [...depending.values()]);
      const hold = async (what: string, of: Iterable<Dependence>, ...changes: readonly Change[]): Promise<void> => {
        const snapshot = await judgeChanged(capture, ...changes);
        const verdict = verdictOfSnapshot(snapshot);
        for (const dependence of of) {
          const why = silence(snapshot, verdict, dependence);
          if (why !== undefined) violations.push(`${element.path} of ${where} ${what}: ${keyOf(dependence)}: ${why}`);
        }
      };
      const own = [...depending.values()];
      // What comes after the cut is gone as well.
      const afterIt = all.length === 1 ? [] : own.map((its) => (its.about === one ? { ...its, about: one + 1 } : its));
      for (const absence of ABSENCES) {
        const change = replacing(element.path, gpus, absence);
        await hold(absence === undefined ? 'removed' : `= ${absence}`, own, change, change);
      }
      if (gpus.length === 1) {
        const gone = replacing(element.path, gpus, undefined);
        const cut = cutAt(element.path, gpus[0] ?? one);
        await hold('removed from the second sample', own, unchanged, gone);
        await hold('cut off there', [...own, ...afterIt], cut, cut);
        await hold('cut off there in the second sample', [...own, ...afterIt], unchanged, cut);
      }
    }
  }
  return {
    elements: elements.length,
    dependences: [...dependences].flatMap(([what, ones]) => ones.map((one) => `${what} → ${keyOf(one)}`)),
    violations,
  };
};
