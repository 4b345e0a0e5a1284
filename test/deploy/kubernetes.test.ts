import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { checks } from '../../checks/index.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { createCollectors } from '../../src/collectors/index.ts';
import { ENVIRONMENT } from '../../src/config/environment.ts';
import { configSchema } from '../../src/config/schema.ts';
import { routesOf } from '../../src/server/routes.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { DEPLOY, hasTool, needs, runTool } from './support/tools.ts';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly resources: { readonly requests?: object; readonly limits?: Readonly<Record<string, unknown>> };
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  readonly [probe: `${string}Probe`]: { readonly httpGet: { readonly path: string; readonly port: string } };
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes: readonly { readonly name: string; readonly hostPath?: { readonly path: string } }[];
  readonly [field: string]: unknown;
}

interface Manifest {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly automountServiceAccountToken?: boolean;
  readonly spec: {
    readonly selector: { readonly matchLabels: object };
    readonly updateStrategy: object;
    readonly template: { readonly metadata: { readonly labels: object }; readonly spec: PodSpec };
  };
}

const FOLDER = join(DEPLOY, 'kubernetes');
const documents = (text: string): Manifest[] => parseAllDocuments(text).map((document) => document.toJS() as Manifest);
const read = (file: string): Manifest[] => documents(readFileSync(join(FOLDER, file), 'utf8'));
const ofKind = (kind: string, manifests: readonly Manifest[]): Manifest => {
  const found = manifests.find((manifest) => manifest.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
};
const agentOf = (daemonSet: Manifest): Container => {
  const [container] = daemonSet.spec.template.spec.containers;
  if (container === undefined) throw new Error('no container');
  return container;
};

const paths = [
  ...routesOf({
    snapshot: () => undefined,
    verdict: () => undefined,
    metrics: async () => '',
    events: async () => [],
    healthy: () => true,
    now: () => 0,
  }).keys(),
];

describe('daemonset.yaml', () => {
  const manifests = read('daemonset.yaml');
  const daemonSet = ofKind('DaemonSet', manifests);
  const pod = daemonSet.spec.template.spec;
  const agent = agentOf(daemonSet);

  test('never takes a GPU from a job', () => {
    expect(JSON.stringify(pod)).not.toContain('nvidia.com/gpu"');
    expect(Object.keys({ ...agent.resources.requests, ...agent.resources.limits }).sort()).toEqual(['cpu', 'memory']);
  });

  test('has no privilege that it does not need', () => {
    expect(agent.securityContext).toMatchObject({
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(agent.securityContext.capabilities).not.toHaveProperty('add');
    for (const name of ['hostPID', 'hostNetwork', 'hostIPC']) expect(pod[name]).toBeUndefined();
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(ofKind('ServiceAccount', manifests).automountServiceAccountToken).toBe(false);
  });

  test('sees of the host what it reads, and can write its own state only', () => {
    const hostPaths = new Map(pod.volumes.flatMap(({ name, hostPath }) => (hostPath ? [[name, hostPath.path]] : [])));
    expect([...hostPaths.values()].sort()).toEqual(['/sys', '/var/lib/muster']);
    const writable = agent.volumeMounts
      .filter(({ readOnly }) => readOnly !== true)
      .map(({ name }) => hostPaths.get(name));
    expect(writable.filter((path) => path !== undefined)).toEqual(['/var/lib/muster']);
    const sys = agent.volumeMounts.find(({ name }) => hostPaths.get(name) === '/sys');
    expect(agent.env).toContainEqual({ name: 'MUSTER_SYSFS_ROOT', value: sys?.mountPath });
  });

  test('is reached where it listens, and probed on paths that the agent serves', () => {
    const listen = agent.env.find(({ name }) => name === 'MUSTER_WEB_LISTEN')?.value;
    expect(listen).toBe(`0.0.0.0:${agent.ports.find(({ name }) => name === 'metrics')?.containerPort}`);
    expect(agent.livenessProbe?.httpGet).toEqual({ path: '/livez', port: 'metrics' });
    expect(agent.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'metrics' });
    expect(agent.startupProbe?.httpGet.path).toBe('/livez');
    expect(paths).toEqual(expect.arrayContaining(['/livez', '/readyz', '/metrics']));
  });

  test('stays on a tainted node, comes first, and is rolled out in steps', () => {
    expect(pod.tolerations).toEqual([{ operator: 'Exists' }]);
    expect(pod.priorityClassName).toBe('system-node-critical');
    expect(daemonSet.spec.updateStrategy).toMatchObject({ rollingUpdate: { maxUnavailable: '10%' } });
    expect(daemonSet.spec.template.metadata.labels).toEqual(daemonSet.spec.selector.matchLabels);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(2);
  });

  test('sets only variables that Muster or the container runtime reads', () => {
    const known = [...Object.keys(ENVIRONMENT), 'MUSTER_SYSFS_ROOT', 'NODE_NAME'];
    const runtime = ['NVIDIA_VISIBLE_DEVICES', 'NVIDIA_DRIVER_CAPABILITIES'];
    for (const { name } of agent.env) expect([...known, ...runtime]).toContain(name);
    expect(agent.image).toBe(`muster:${packageJson.version}`);
  });
});

describe('configuration.yaml', () => {
  const files = Object.entries(ofKind('ConfigMap', read('configuration.yaml')).data ?? {});

  test.each(files)('%s is a configuration that the agent accepts', (_, text) => {
    expect(v.safeParse(configSchema(checks), parse(text)).issues).toBeUndefined();
  });

  test('names sources that there are', () => {
    const ids = createCollectors({ inventoryCommand: { file: '/bin/true', args: [] } }).map(({ id }) => id);
    for (const [, text] of files) {
      for (const source of Object.keys((parse(text) as { sources?: object }).sources ?? {})) {
        expect(ids).toContain(source);
      }
    }
  });
});

describe('init-container.yaml', () => {
  const pod = ofKind('Job', read('init-container.yaml')).spec.template.spec;
  const [init] = pod.initContainers ?? [];

  test('asks for as many GPUs as the job, which is how it sees them', () => {
    expect(init?.resources.limits?.['nvidia.com/gpu']).toBe(pod.containers[0]?.resources.limits?.['nvidia.com/gpu']);
    expect(init?.resources.limits?.['nvidia.com/gpu']).toBeGreaterThan(0);
  });

  test('validates without privileges, and skips only checks that there are', () => {
    expect(init?.args.slice(0, 3)).toEqual(['validate', '--level', 'quick']);
    expect(init?.securityContext).toMatchObject({ runAsNonRoot: true, allowPrivilegeEscalation: false });
    const skipped = init?.args.filter((_, i, args) => args[i - 1] === '--skip') ?? [];
    for (const id of skipped) expect(checks.map((check) => check.id)).toContain(id);
  });
});

describe.skipIf(!hasTool('kubectl'))(`kubectl kustomize${needs('kubectl')}`, () => {
  const build = (folder: string): Manifest[] => {
    const { code, said } = runTool('kubectl', ['kustomize', folder]);
    expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' });
    return documents(said);
  };

  test('builds the agent without the kernel log', () => {
    const manifests = build(FOLDER);
    expect(manifests.map(({ kind }) => kind).sort()).toEqual(['ConfigMap', 'DaemonSet', 'Namespace', 'ServiceAccount']);
    expect(JSON.stringify(manifests)).not.toContain('/dev/kmsg"');
  });

  /** With these components uncommented, as the README says. */
  const buildWith = (...components: readonly string[]): Manifest[] => {
    const folder = temporaryDirectory();
    cpSync(FOLDER, folder, { recursive: true });
    const file = join(folder, 'kustomization.yaml');
    const lines = ['components:', ...components.map((name) => `  - ${name}`)];
    const uncommented = readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => (lines.includes(line.slice(2)) ? line.slice(2) : line));
    writeFileSync(file, uncommented.join('\n'));
    return build(folder);
  };

  test('builds it with the job of each GPU, and with nothing else that it could do', () => {
    const manifests = buildWith('job-ids');
    const plain = build(FOLDER);
    const daemonSet = ofKind('DaemonSet', manifests);
    expect(daemonSet.spec.template.spec).toEqual({ ...ofKind('DaemonSet', plain).spec.template.spec, hostPID: true });
    expect(ofKind('ConfigMap', manifests)).toEqual(ofKind('ConfigMap', plain));
  });

  test('builds it with both components', () => {
    const { spec } = ofKind('DaemonSet', buildWith('kernel-log', 'job-ids')).spec.template;
    expect(spec.hostPID).toBe(true);
    expect(spec.containers[0]?.securityContext).toMatchObject({ privileged: true });
  });

  test('builds it with the kernel log', () => {
    const manifests = buildWith('kernel-log');
    const agent = agentOf(ofKind('DaemonSet', manifests));
    expect(agent.securityContext).toMatchObject({ privileged: true, readOnlyRootFilesystem: true });
    expect(agent.volumeMounts).toContainEqual({ name: 'kmsg', mountPath: '/dev/kmsg', readOnly: true });
    expect(agent.volumeMounts.map(({ mountPath }) => mountPath)).toContain('/host/sys');
    expect(Object.keys(ofKind('ConfigMap', manifests).data ?? {})).toEqual(['10-container.yaml']);
  });
});
